"""The words for weather, particles, light and optics: data only."""

from typing import Final

from mutoscope.engines.procedural.plan import EffectName
from mutoscope.engines.procedural.reading.vocabulary.rows import EffectRow

LIGHT: Final = (
    EffectRow(
        "sunset",
        "sunset, sunsets, setting sun, sun sets, sun setting, sun is setting, sun going down, sun goes down, "
        "golden hour, dusk, "
        "evening, twilight, evening light, golden evening light, golden evening, golden light, sunset light, "
        "evening sun, sunset sky",
        "日落 夕阳 黄昏 傍晚 落日 晚霞 暮色 黄金时刻 夕照 太阳落山",
        use="image",
    ),
    EffectRow(
        "sunrise",
        "sunrise, sunrises, rising sun, sun rises, sun is rising, sun coming up, sun comes up, dawn, daybreak, "
        "morning light, first light, morning sun, early morning, morning",
        "日出 黎明 清晨 破晓 拂晓 早晨 晨光 朝阳 曙光 旭日 太阳升起",
        use="image",
    ),
    EffectRow(
        "night",
        "night, nights, nighttime, at night, midnight, moonlit, moonlight, night sky, nightfall, moonrise",
        "夜晚 夜里 夜间 深夜 午夜 月光 夜色 夜空 月夜 晚上 黑夜 夜景 入夜",
        use="image",
    ),
    EffectRow(
        "night",
        "night falls, night is falling, darkness falls, night comes, night descends, falls into darkness",
        "夜幕降临 天黑 天色变暗 夜晚来临 夜色降临 黑夜降临 天色渐暗 天黑下来 变成黑夜 变成夜晚",
    ),
    EffectRow(
        "dim",
        "dims, dim down, dimming, lights dim, light dims, lights slowly dim, lights gradually dim, "
        "lights are dimming, darkens, darken, darkening, "
        "gets dark, gets darker, grows dark, growing dark, becomes dark, lights go+ out, lights go off, "
        "lights turn off, lights went out, light fades, power outage, blackout, plunges into darkness",
        "变暗 暗下来 灯灭 灯熄灭 熄灭 停电 转暗 灯光变暗 关灯",
    ),
    EffectRow("dim", "fade+ to black, fade out to black", "渐黑 淡出 黑场", factor=1.6),
    EffectRow(
        "brighten",
        "brighten+, brightens up, gets bright, gets brighter, grows brighter, light+ up, lights up, lit up, "
        "lighting up, illuminate+, lights come on, lights turn on, lights go on, light turns on, light comes on, "
        "light goes on, turns on the light, "
        "turns on the lights, turns on the lamp, sun comes out, sun breaks through, "
        "sun bursts through, sun emerges, becomes bright",
        "变亮 亮起 照亮 灯亮 点亮 太阳出来 阳光洒下 亮起来 开灯 阳光照进",
    ),
    EffectRow(
        "neon", "neon, cyberpunk, synthwave, vaporwave, neon light, neon lights", "霓虹 霓虹灯 赛博朋克", use="image"
    ),
    EffectRow(
        "neon",
        "neon flicker+, neon lights flicker+, flickering neon, neon signs flicker+, neon sign flickers, "
        "flickering neon sign, flickering neon signs, flickering neon lights, blinking neon, neon glow, pulsing neon",
        "霓虹闪烁 霓虹灯闪烁 闪烁的霓虹 闪烁的霓虹灯",
    ),
    EffectRow(
        "candle",
        "candle, candles, candlelight, candlelit, candle light, torch, torches, torchlight, firelight, fireside, "
        "fireplace, candle flicker+, candles flicker+, flickering light, flickering lights, flickering candle, "
        "flickering candles, flickering lamp, lantern light, flickering lantern, flickering lanterns, hearth",
        "烛光 蜡烛 火把 壁炉 火炬 灯笼 烛火 火光 火光摇曳 烛光摇曳 摇曳的烛光 油灯",
    ),
    EffectRow(
        "strobe",
        "strobe, strobes, strobe light, strobe lights, strobing, disco, disco lights, club lights, flashing lights, "
        "flashing light, police lights, lights flash, lights flashing, rave, stage lights flash, camera flashes, "
        "flashes from cameras, "
        "flashes from photographers, paparazzi flashes",
        "频闪 迪斯科 闪光灯 灯光闪烁 警灯 蹦迪 舞厅灯光",
    ),
    EffectRow(
        "warm",
        "warm, warmer, warmly, cosy, cozy, warm light, warm tones, warm colors, warm glow, warm lighting, "
        "warm palette, warm hues, warmth",
        "温暖 暖色 暖光 温馨 暖色调 暖调 暖阳",
    ),
    EffectRow(
        "cold",
        "cold, colder, chilly, frosty, frost, icy, cool tones, cold tones, cold light, cold colors, cool colors, "
        "cool light, freezing, frigid, cool palette",
        "寒冷 冷色 冷光 冰冷 冷色调 冷调 严寒 霜",
    ),
    EffectRow(
        "black and white",
        "black and white, black white, monochrome, monochromatic, grayscale, greyscale, b w, noir, film noir",
        "黑白 单色 灰度 黑白电影",
    ),
    EffectRow(
        "sepia",
        "sepia, sepia tone, sepia toned, old film",
        "棕褐色 怀旧 泛黄",
    ),
    EffectRow("sepia", "old photo, old photograph, antique", "老照片", use="text"),
    EffectRow(
        "vivid",
        "vivid, vibrant, saturated, colorful, colourful, vivid colors, vibrant colors, rich colors, lush, "
        "highly saturated",
        "鲜艳 鲜明 艳丽 色彩鲜艳 饱和 五彩 五彩缤纷 色彩丰富",
    ),
    EffectRow(
        "faded",
        "faded, washed out, muted, desaturated, pastel, muted colors, faded colors, pale colors, pastel colors, "
        "bleached",
        "褪色 低饱和 淡雅 柔和色调 褪色的 粉彩",
    ),
)

VEILS: Final = (
    EffectRow(
        "fog", "fog, foggy, fogs, fog rolls in, fog rolling in, dense fog, thick fog", "雾 大雾 浓雾 起雾 雾气 云雾"
    ),
    EffectRow("fog", "mist, misty, mists, haze, hazy, smog", "薄雾 雾霭 轻雾 烟霞 朦胧 晨雾", factor=0.7),
    EffectRow(
        "smoke",
        "smoke, smoky, smoking, steam, steams, steamy, steaming, vapor, vapour, fumes, smoke rises, steam rises, "
        "rising smoke, rising steam, smoke rising, steam rising, plume, plumes",
        "烟 烟雾 蒸汽 热气 水汽 炊烟 浓烟 冒烟 热气腾腾 白烟",
    ),
)

PARTICLES: Final = (
    EffectRow(
        "snow",
        "snow, snows, snowing, snowed, snowfall, snowflake, snowflakes, snow falls, snow falling, falling snow, "
        "snow fall, snow is falling, snowy winter, snowy weather, snowflakes fall, snowflakes falling, in the snow, "
        "snowstorm, snowflakes drift",
        "雪 下雪 雪花 飘雪 飞雪 落雪 降雪 大雪 雪花飘落 雪花飞舞 雪花飘飘",
    ),
    EffectRow("snow", "blizzard, blizzards, snow storm", "暴雪 暴风雪 鹅毛大雪", factor=1.5),
    EffectRow("snow", "flurry, flurries", "小雪 零星小雪", factor=0.6),
    EffectRow(
        "rain",
        "rain, rains, raining, rained, rainy, rainfall, raindrop, raindrops, rain falls, falling rain, "
        "rain falling, rain is falling, in the rain, rainstorm, rain shower",
        "雨 下雨 雨水 雨滴 落雨 降雨 雨天 雨中 雨夜",
    ),
    EffectRow(
        "rain",
        "downpour, downpours, pouring rain, rain pours, torrential rain, cloudburst",
        "大雨 暴雨 倾盆大雨",
        factor=1.5,
    ),
    EffectRow("rain", "drizzle+, drizzly", "小雨 细雨 毛毛雨 蒙蒙细雨", factor=0.6),
    EffectRow(
        "storm",
        "storm, storms, stormy, thunder, thunders, thunderstorm, thunderstorms, lightning, lightnings, "
        "lightning bolt, lightning strikes, lightning flashes, flash of lightning, flashes of lightning, tempest, "
        "hurricane, typhoon, thunder and lightning, lightning storm",
        "暴风雨 雷暴 雷电 闪电 打雷 雷雨 电闪雷鸣 狂风暴雨 雷声 风暴 台风",
    ),
    EffectRow(
        "dust",
        "dust, dusty, dust motes, motes, dust particles, sandstorm, sandstorms, blowing sand, swirling sand, "
        "pollen, floating particles, dust storm, sand blows, specks of dust",
        "灰尘 尘埃 沙尘 扬尘 沙尘暴 尘土 浮尘 花粉",
    ),
    EffectRow(
        "embers",
        "ember, embers, spark, sparks, campfire, campfires, bonfire, bonfires, lava, magma, fire, flame, flames, "
        "burn+, blaze, sparks fly, flying sparks, blazing, wildfire, eruption, erupt+, volcano erupts, explosion, "
        "explosions, fireball, fireballs, breathe+ fire, fire breathing, on fire",
        "喷火 爆炸 火光冲天 火花 余烬 篝火 火焰 熔岩 燃烧 火星 岩浆 大火 喷发 火星四溅",
    ),
    EffectRow(
        "fireflies",
        "firefly, fireflies, fairy lights, magic sparkles, magical sparkles, sparkle+, glitter+, magic dust, "
        "fairy dust, pixie dust, glowing particles, magical particles, will o the wisp, glow worms",
        "萤火虫 闪光粒子 魔法粒子 亮片 光点 流萤 仙尘",
    ),
    EffectRow(
        "petals",
        "petal, petals, falling petals, petals fall, flower petals, rose petals, blossoms, falling blossoms, "
        "petals drift",
        "花瓣 花瓣飘落 落花 花瓣飞舞 花瓣雨 花雨",
    ),
    EffectRow(
        "petals", "cherry blossom, cherry blossoms, sakura, peach blossoms", "樱花 桃花 樱花飘落 樱", color="pink"
    ),
    EffectRow(
        "leaves",
        "autumn leaves, fall leaves, falling leaves, leaves fall+, leaves are falling, leaves drift+, "
        "leaves swirl+, leaves flutter+, leaves blow+, dry leaves, dead leaves, maple leaves, swirling leaves, "
        "blowing leaves, falling leaf, autumn leaf, fallen leaves, leaves fly+, drifting leaves",
        "落叶 秋叶 枫叶 树叶飘落 落叶纷飞 飘落的树叶 黄叶 叶子飘落",
    ),
    EffectRow("leaves", "golden leaves", "金色的落叶", color="gold"),
    EffectRow("leaves", "red leaves", "红叶", color="red"),
    EffectRow("leaves", "yellow leaves", "", color="yellow"),
    EffectRow("leaves", "orange leaves", "", color="orange"),
    EffectRow("leaves", "brown leaves", "", color="brown"),
    EffectRow("leaves", "green leaves", "", color="green"),
    EffectRow("confetti", "confetti, streamers, ticker tape, paper scraps, party poppers", "彩纸 纸屑 彩带 五彩纸屑"),
    EffectRow("bubbles", "bubble, bubbles, soap bubbles, air bubbles", "泡泡 气泡 肥皂泡"),
    EffectRow(
        "stars",
        "stars, starry, starry sky, starry night, twinkle+, stars twinkle+, twinkling stars, starlight, starlit, "
        "milky way",
        "星星 星空 繁星 星光 星辰 满天星斗 星星闪烁 银河 群星",
    ),
    EffectRow(
        "shooting star",
        "shooting star, shooting stars, meteor, meteors, meteor shower, falling star, falling stars, comet, comets",
        "流星 流星雨 彗星",
    ),
    EffectRow(
        "fireworks",
        "firework, fireworks, pyrotechnics, fireworks explode, fireworks burst, exploding fireworks",
        "烟花 焰火 烟火 放烟花",
    ),
    EffectRow(
        "dot",
        "dot, laser dot, laser dots, laser, lasers, laser beam, laser beams, laser pointer, orb, orbs, glowing orb, "
        "ball of light, light dot, dot of light, spot of light, glowing ball, point of light, "
        "glowing sphere, light orb",
        "光球 激光 激光笔 激光点 小光点 圆点",
    ),
    EffectRow("dot", "red dot", "红点 红色光点 红色圆点", color="red"),
)

OPTICS: Final = (
    EffectRow(
        "god rays",
        "god rays, godrays, god ray, sunbeam, sunbeams, sun rays, light rays, rays of light, shafts of light, "
        "shaft of light, volumetric light, crepuscular rays, light shafts, beam of light, beams of light, "
        "light beams, rays of sunlight, volumetric lighting, rays of sunshine, rays of sun, light streams in, "
        "light streams through, light filters through, sunlight stream+, sunlight filters, sunlight filtering, "
        "sunlight pours in, sunlight pouring in",
        "丁达尔 丁达尔效应 光束 光柱 体积光 圣光 耶稣光 光线穿过 阳光穿过 阳光穿透 阳光透过 光线透过",
    ),
    EffectRow(
        "lens flare",
        "lens flare, lens flares, sun flare, sun flares, anamorphic flare, anamorphic flares, "
        "anamorphic lens flare, flare",
        "镜头光晕 眩光 耀斑 炫光 镜头眩光",
    ),
    EffectRow(
        "grain",
        "grain, grainy, film grain, film look, vintage, retro, old film, vhs, 8mm, 16mm, super 8, noise, 35mm film, "
        "shot on film, kodak, "
        "film noise",
        "颗粒 胶片 复古 噪点 颗粒感 胶片感 老电影",
    ),
    EffectRow(
        "vignette",
        "vignette, vignetting, vignetted, dramatic, noir, film noir, moody",
        "暗角 戏剧性 黑色电影 戏剧化",
    ),
    EffectRow(
        "glow",
        "glow, glows, glowing, dreamy, dreamlike, dreamily, ethereal, soft focus, bloom effect, light bloom, "
        "soft bloom, bloom lighting, radiant, luminous, otherworldly, halo",
        "发光 梦幻 柔光 光晕 唯美 辉光 空灵 朦胧美 如梦似幻",
    ),
    EffectRow(
        "bokeh",
        "bokeh, rack focus, focus pull, pull focus, shallow depth of field, depth of field, shallow focus, "
        "out of focus, blurred background, blurry background, background blur, defocus+, tilt shift",
        "散景 光斑 虚化 浅景深 背景虚化 景深 移焦 变焦虚化",
    ),
    EffectRow(
        "motion blur",
        "motion blur, motion blurred, speed lines, speed line, blur of speed, blur of motion, speed blur, "
        "blur of color, light trails, blurs past, in a blur",
        "动态模糊 运动模糊 速度线 拖影 残影",
    ),
)

SWAYS: Final = (
    EffectRow(
        "clouds",
        "cloud, clouds, storm clouds, clouds drift+, drifting clouds, clouds move+, moving clouds, time lapse, "
        "timelapse, "
        "clouds roll+, rolling clouds, clouds pass+, clouds race+, racing clouds, clouds gather+, hyperlapse, "
        "clouds float+",
        "云 白云 云朵 云彩 流云 云海 延时 延时摄影 云飘 乌云 云卷云舒 缩时",
    ),
    EffectRow(
        "waves",
        "wave, waves, ripple, ripples, rippling, rippled, river flows, flowing river, water flows, flowing water, "
        "waves crash+, crashing waves, waves roll+, rolling waves, surf, tide, tides, running water, stream flows, "
        "lapping, waterfall, waterfalls, splash+, water ripples, rippling water, waves break+, water moves, "
        "water moving, moving water, water flow, water to flow, "
        "water shimmers, shimmering water",
        "水花 波浪 海浪 涟漪 浪花 波涛 水流 流水 潮水 波纹 瀑布 水波 巨浪 大浪 波光粼粼",
    ),
    EffectRow(
        "waves",
        "river, rivers, stream, streams, sea, seas, ocean, oceans, lake, lakes, creek",
        "河 河流 小溪 溪流 海 大海 海洋 湖 湖水 湖泊 江 海面 湖面 水面",
        factor=0.7,
        use="image",
    ),
    EffectRow(
        "wind",
        "wind, winds, windy, breeze, breezes, breezy, sway+, in the wind, gust, gusts, wind blows, blowing wind, "
        "grass sways, grass swaying, trees sway+, swaying trees, swaying grass, rustle+, billow+, hair blows, "
        "hair blowing, windswept, blowing in the wind, flowing hair, hair flutter+, hair flows, hair flowing, "
        "hair moves, "
        "hair moving, dress flows, dress flowing, trees move, trees moving, grass moves, grass moving, "
        "leaves move, leaves moving, blowing her hair, blows her hair, blowing his hair, blows his hair, flag waves, "
        "flag waving, "
        "flags waving, waving flag, waving flags, waving grass, curtains flutter+, fluttering curtains, "
        "dress flutter+, "
        "flags flutter+, flag flutters, fluttering flag, fluttering flags",
        "微风 有风 起风 风起 风中 清风 凉风 寒风 海风 晚风 春风 秋风 冷风 夜风 山风 刮风 吹风 风声 风很大 大风 "
        "裙摆飞扬 裙摆飘动 长发飘飘 长发飞扬 头发飞扬 头发飘动 旗帜飘扬 飘扬 随风 风吹 摇曳 摆动 随风摇曳 随风飘动 "
        "狂风 飘动 迎风",
    ),
    EffectRow(
        "heat haze",
        "heat haze, heat shimmer, mirage, mirages, shimmering heat, shimmering air, heat waves, heat wave, "
        "scorching, heat distortion, sweltering, shimmering hot air",
        "热浪 热气蒸腾 海市蜃楼 蜃景 酷热",
    ),
)

EFFECTS: Final = (*LIGHT, *VEILS, *PARTICLES, *OPTICS, *SWAYS)

LIGHT_NAMES: Final[frozenset[EffectName]] = frozenset(row.name for row in LIGHT)
"""Of one moment, they fold into one."""

GROUPS: Final[tuple[frozenset[EffectName], ...]] = (
    frozenset({"sunset", "sunrise", "night", "dim", "brighten"}),
    frozenset({"warm", "cold"}),
    frozenset({"black and white", "sepia", "vivid", "faded"}),
    frozenset({"snow", "rain", "storm"}),
)
"""Of one group the one that comes later takes the place of the earlier."""
WEATHER: Final[frozenset[EffectName]] = frozenset({"snow", "rain", "storm", "fog", "clouds"})
"""What goes when the sky clears."""
COLORED: Final[frozenset[EffectName]] = frozenset(
    {
        "dot",
        "petals",
        "leaves",
        "confetti",
        "bubbles",
        "fireflies",
        "embers",
        "stars",
        "fireworks",
        "smoke",
        "fog",
        "neon",
    }
)
"""What a color before its word gives its color to."""
PARTICLE_NAMES: Final[frozenset[EffectName]] = frozenset(row.name for row in (*PARTICLES, *VEILS, *SWAYS))
"""What moves by itself: a verb of motion beside it is its own, not the subject's."""

BLURS: Final[tuple[EffectName, ...]] = ("motion blur", "glow", "bokeh")
"""Taken away by `blur` in the negative prompt."""
DISTORTIONS: Final[tuple[EffectName, ...]] = ("waves", "heat haze")
"""Taken away by `distort` and its like."""
FLICKERS: Final[tuple[EffectName, ...]] = ("strobe", "candle")
