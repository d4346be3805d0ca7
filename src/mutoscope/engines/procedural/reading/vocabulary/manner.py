"""The words for how much, how fast and how many, for no and for nothing: data only."""

from typing import Final

from mutoscope.engines.procedural.reading.vocabulary.rows import AmountRow, GrammarRow, ThingRow

AMOUNTS: Final = (
    AmountRow("speed", 1.9, "whip, explosive, explosively, breakneck, lightning fast, explodes", "爆发 闪电般 猛烈地"),
    AmountRow(
        "speed",
        1.5,
        "fast, quick, quickly, rapid, rapidly, energetic, energetically, frantic, frantically, swift, swiftly, "
        "brisk, briskly, fast paced, faster, high speed, at speed",
        "快速 迅速 飞快 急速 快 高速 迅猛 急促",
    ),
    AmountRow(
        "speed",
        0.65,
        "slow, slowly, gentle, gently, calm, calmly, subtle, subtly, slight, slightly, gradual, gradually, "
        "slow motion, slow mo, slowmo, softly, leisurely",
        "缓慢 慢慢 缓缓 轻轻 慢 徐徐 平稳 平缓 轻柔 渐渐 逐渐 柔和",
    ),
    AmountRow("speed", 0.65, "slow motion, slow mo, slowmo", "慢动作", is_overall=True),
    AmountRow(
        "strength",
        1.5,
        "heavy, heavily, intense, intensely, strong, strongly, dense, densely, thick, thickly, violent, violently, "
        "torrential, powerful, extreme, extremely, fierce, fiercely, wild, wildly, hard, massive, raging, huge, "
        "swirling",
        "强烈 猛烈 剧烈 浓 密集 狂 很大 纷纷 浓密 厚重 激烈 漫天 极其",
    ),
    AmountRow(
        "strength",
        0.6,
        "light, lightly, soft, faint, faintly, thin, sparse, sparsely, mild, mildly, delicate, delicately, little, "
        "a few, a touch of, hint of, occasional, scattered",
        "轻微 微弱 淡淡 稀疏 些许 零星 一点 细微 微微",
    ),
    AmountRow(
        "count",
        1,
        "one, a single, single, lone, solitary, a lone, alone",
        "一个 一只 一辆 一艘 一名 一位 一条 一匹 孤独 独自",
    ),
    AmountRow(
        "count",
        2,
        "two, pair of, a pair of, couple of, a couple of, both, twin, duo of",
        "两个 两只 两辆 两艘 两名 两位 一对 两条 两匹 双 两",
    ),
    AmountRow(
        "count",
        3,
        "three, several, some, a few, few, trio of",
        "三个 三只 三辆 三艘 三名 几个 几只 一些 几辆 几艘 三条 三匹 三",
    ),
    AmountRow("count", 4, "four", "四个 四只 四辆 四艘 四名 四匹 四"),
    AmountRow(
        "count", 5, "five, group of, a group of, herd of, pack of, fleet of", "五个 五只 五辆 五艘 一群 五匹 一队 五"
    ),
    AmountRow(
        "count",
        6,
        "six, many, flock of, school of, shoal of, numerous, swarm of, lots of",
        "六个 六只 六辆 许多 很多 众多 六",
    ),
    AmountRow("count", 7, "seven", "七个 七只 七"),
    AmountRow(
        "count",
        8,
        "eight, nine, ten, a dozen, dozen, dozens of, hundreds of, thousands of, countless",
        "八个 九个 十个 无数 成群 数百 数十 十几",
    ),
)

GRAMMAR: Final = (
    GrammarRow(
        "negation",
        "no, not, without, never, avoid, free of, zero, don't, doesn't, isn't, aren't, won't, lacking, lack of, "
        "no more, nor, cannot, can't, didn't, wasn't, exclude, remove",
        "没有 不要 无 不 别 避免 没 禁止 勿 不会 去除 不能 并未 排除 请勿",
    ),
    GrammarRow(
        "closing",
        "stop+, end+, cease+, clears, cleared, clearing, clears up, clear up, fade+, fades away, fade away, "
        "fades out, fading away, vanish+, disappear+, subside+, dissipate+, lift+, melts away, dies down, die down, "
        "dies away, goes out, die out, is over, no longer, comes to an end, lets up, dispers+, disperse+, passes, "
        "calms down",
        "停 停止 停了 停下 散去 消失 消散 结束 散开 渐停 不再 停歇 褪去 过去 平息",
    ),
    GrammarRow(
        "clearing",
        "sky clears, skies clear, weather clears, sky clears up, sky is clearing, weather improves, clears to blue",
        "放晴 天晴 雨过天晴 云开雾散 天空放晴",
    ),
    GrammarRow("or", "or, and, or any", "或 和 与 及 或者 以及"),
    GrammarRow(
        "small",
        "is, are, was, were, be, being, begins, begin, starts, start, to, the, of, it, and, then, now, continues, "
        "keeps, slowly, gently, softly, suddenly, gradually, quickly, finally, all, has, have, completely, in, "
        "down, up, around, through, falling, fall, falls, drifting, drift, drifts, swirl, swirls, swirling, rise, "
        "rises, rising, heavily, lightly, off, out, away, starting",
        "的 地 得 着 了 正在 开始 上升 升腾 下降 慢慢 缓缓 轻轻 渐渐 逐渐 突然 都 也 一直 仍 就 便 完全 飘落 落下 "
        "终于 纷纷 正 不断 不停",
    ),
    GrammarRow(
        "cannot",
        "smile+, laugh+, greet+, talk+, speak+, sing+, wave at, waves at, wave hello, waving, nod+, wink+, blink+, "
        "cry, cries, crying, frown+, kiss+, hug+, eat+, drink+, whisper+, eyes light up, face lights up, "
        "faces light up, eyes lit up, eye lights up, gentle smile, warm smile, light smile, bright smile, "
        "soft smile, cold stare, warm welcome, heat of, in the heat of, bright eyes, snow leopard, light footed, "
        "look+ at, gaze+, stare+, looks up, looks down, point+ at, sunglasses, storm off, storms off, "
        "in cold blood, in full bloom, cooking, write+, play+ guitar",
        "微笑 笑 大笑 打招呼 说话 唱歌 挥手 点头 眨眼 哭 亲吻 拥抱 吃 喝 看着 凝视 回头 问候 眼睛亮起来 笑容 "
        "双眼发亮 古风 国风 中国风 风味 未来 树叶 叶子",
    ),
    GrammarRow(
        "stop",
        "",
        "的 了 着 在 是 一 个 只 和 与 及 有 被 把 从 到 向 里 中 上 下 地 得 他 她 它 他们 她们 它们 这 那 我 你 "
        "我们 你们 这个 那个 也 都 就 还 而 并 以 于 为 之 其 或 等 上面 下面 里面 中间 旁边 前面 后面 一起 场景 "
        "视频 画面 镜头 电影 电影感 拍摄 风格 地上 上空 正在 开始 先 变得 起来 过 着的 将 要 会 很 非常 十分 特别 "
        "不断 不停 一直 分别 同时 时 时候 边 座 位 条 片 辆 匹 名 艘 颗 朵 道 阵 间 处 内 外 前 后 来 去 让 使 由 "
        "对 随着 穿过 无人机 无数 无声 无尽 无限 无边 特别 队 不同 不久 不过 然后 紧接着 接着 随后 最后 之后 而后 "
        "接下来 终于 最终 再 转为 转变为 直到 飘落 落下 缓缓地 一片 一座 一朵 一阵 一道 一颗 整个 突然 洒 洒在 落在 "
        "映照 拂过 吹过 变 成 变成",
    ),
)

NEGATIVES: Final = (
    ThingRow(
        "people",
        "people, person, persons, human, humans, man, men, woman, women, crowd, crowds, character, characters, "
        "pedestrians, figures",
        "人 人物 人群 行人 路人 人类",
    ),
    ThingRow(
        "quality",
        "low quality, quality, worst quality, bad quality, poor quality, lowres, low resolution, low res, "
        "pixelated, pixelation, artifact, artifacts, artefacts, compression, jpeg, jpeg artifacts, blocky, "
        "compression artifacts, low definition, low detail, normal quality, banding",
        "低质量 低画质 像素化 马赛克 噪声 伪影 低分辨率 画质差 压缩痕迹 劣质 低清",
    ),
    ThingRow(
        "text",
        "text, caption, captions, watermark, watermarks, subtitle, subtitles, words, letters, logo, logos, writing, "
        "signature, typography, title, titles, lettering, overlay text, username",
        "文字 字幕 水印 标题 标志 字 文本 签名",
    ),
    ThingRow(
        "distort",
        "distort+, distortion, distortions, warp+, deform+, deformation, deformity, deformities, misshapen, "
        "disfigured, deformed hands, morphing, melting, wobble, wobbly, jelly effect, twisted",
        "扭曲 变形 畸变 失真 畸形 崩坏",
    ),
    ThingRow(
        "blur",
        "blur, blurs, blurry, blurred, blurring, blurriness, out of focus, unsharp, soft focus, fuzzy, defocused, "
        "hazy focus",
        "模糊 虚焦 失焦 不清晰",
    ),
    ThingRow("flicker", "flicker, flickers, flickering, flashing, flash, flashes, strobing", "闪烁 闪光 频闪 闪"),
)
"""What only the negative prompt speaks of, beside everything that the prompt can ask for."""

DEFAULT_NEGATIVE: Final = "blur, distort, and low quality"
"""The API's own default text: nobody wrote it, so one line of the log is enough for it."""

_STOP_WORDS = """
a an the and or of in on at to from with by for as is are was be been being it its his her their this that these
those into over under through while where which who he she they we you your our my me him them there here very
so such up down out off some any all both each other same own just only then than too also has have had do does
will would can could should may might must not no nor if but about around between during before after above
below again once more most few camera shot view cinematic scene video clip style without never don't doesn't
isn't avoid free finally afterwards next until followed begin begins starts start appear appears what when how
among along across toward towards upon against onto near behind beside inside outside always still
fall falls falling drift drifts drifting i us himself herself itself themselves
"""
STOP_WORDS: Final = frozenset(_STOP_WORDS.split())
"""Words that carry no wish of their own; not listed among the ignored ones."""
