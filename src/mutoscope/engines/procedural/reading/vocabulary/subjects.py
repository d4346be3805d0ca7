"""The words for what subjects do, and for those who stand in a painted scene: data only."""

from typing import Final

from mutoscope.engines.procedural.plan import FigureKind, MotionName
from mutoscope.engines.procedural.reading.vocabulary.rows import FigureRow, MotionRow

MOTIONS: Final = (
    MotionRow(
        "walk",
        "walk+, stroll+, wander+, marches, marching, marched, stride+, striding, strode, hike+, hiking, pace+, "
        "step+ forward, trek+, tiptoe+, plod+, saunter+, parade+, roam+, prowl+",
        "走 行走 散步 漫步 步行 踱步 走路 走过 走在 行进 徒步 巡游",
    ),
    MotionRow(
        "run",
        "run+, ran, sprint+, race+, drive+, drove, driven, rush+, surge+, gallop+, dash+, chase+, charge+, "
        "speeding, speeds, jog+, move+ forward, moving forwards, moves forwards, surge+ forward, go+ forward, "
        "drive+ forward, forwards, advance+, ride+, riding, rode, speed+ along, speeds past, accelerate+, hurtle+, "
        "zip+, dart+, scurry+, cruise+",
        "跑 奔跑 跑步 行驶 驾驶 疾驰 飞驰 冲刺 追逐 奔驰 赛跑 前进 冲 骑 奔 加速 驶过 驶 追 狂奔 飞奔 向前",
    ),
    MotionRow(
        "jump",
        "jump+, leap+, leapt, pounce+, bounce+, hop+, skip+, vault+, bound+ up, somersault+",
        "跳 跳跃 跃起 蹦 蹦跳 扑 扑向 弹跳 跳动 跳起 跃 飞扑",
    ),
    MotionRow(
        "fly",
        "fly+, flew, flown, flap+, take+ off, taking off, took off, lift+ off, lifting off, launch+, soar+, glide+, "
        "blast+ off, take+ flight, swoop+, takes wing, liftoff",
        "飞 飞翔 起飞 飞行 翱翔 飞过 发射 升空 展翅 滑翔 飞起 盘旋",
    ),
    MotionRow(
        "float",
        "float+, hover+, levitate+, drift+ up, drifting up, rises into the air, rise into the air, "
        "rising into the air, bob+, rises up, ascends",
        "漂浮 飘 飘浮 悬浮 浮动 升起 飘起 飘荡 漂流 漂",
    ),
    MotionRow(
        "spin",
        "spin+, spun, twirl+, whirl+, pirouette+, rotate+, turn+ around, revolve+, spin+ around, twist+ around",
        "旋转 转圈 转身 自转 转动 打转",
    ),
    MotionRow("dance", "dance+, dancing, waltz+, sway+ to the music, groove+", "跳舞 舞蹈 起舞 舞动 翩翩起舞 舞 舞者"),
    MotionRow("swim", "swim+, swam, dive+, paddle+, snorkel+, surf+, surfing", "游 游泳 游动 潜水 游来游去 畅游"),
    MotionRow(
        "shake",
        "shake+, shook, tremble+, shiver+, rumble+, vibrate+, rev+, revs, revved, revving, quiver+, shudder+, "
        "rattle+, engine roars, engines roar",
        "颤抖 震动 抖动 摇晃 发抖 震颤 轰鸣 颤动",
    ),
    MotionRow(
        "breathe",
        "breathe+, breath, sleep+, sit+, sat, seated, rests, resting, pose+, nap+, lie down, lying, doze+, meditate+",
        "呼吸 坐 睡 睡觉 睡着 坐着 休息 打盹 躺 冥想 坐在",
    ),
    MotionRow(
        "grow",
        "grow+, grew, bloom+, blossoming, expand+, swell+, sprout+, unfurl+, enlarge+, inflate+, opens its petals",
        "生长 绽放 盛开 变大 开花 长大 膨胀 成长 发芽",
    ),
)

STRAIGHT: Final[frozenset[MotionName]] = frozenset({"run"})
"""Draws a camera along that nobody directs."""
SUBTLE: Final[frozenset[MotionName]] = frozenset({"breathe", "shake", "spin"})
"""Gives way to a motion that goes somewhere."""

FIGURES: Final = (
    FigureRow(
        "person",
        "person/people, man/men, woman/women, boy, girl, child/children, kid, lady, guy, runner, dancer, hiker, "
        "traveler, traveller, monk, farmer, soldier, warrior, samurai, wizard, witch, figure, robot, skier, surfer, "
        "athlete, tourist, fisherman/fishermen, couple/couples, ballerina, detective, wanderer, pilgrim, "
        "hero/heroes, elder, student, worker, chef, musician, cyclist, snowman/snowmen, baby, friend, walker, "
        "lighthouse keeper, shepherd, cosmonaut, astronaut, gentleman/gentlemen, bride, sailor",
        "人 男人 女人 男孩 女孩 孩子 小孩 老人 少年 少女 女子 男子 行人 舞者 农夫 战士 武士 旅人 宇航员 机器人 情侣 "
        "姑娘 小女孩 小男孩 女生 男生 僧人 渔夫 游客",
    ),
    FigureRow("person", "he, she, someone, somebody", "他 她 有人", is_pronoun=True),
    FigureRow(
        "person",
        "rider, horseman/horsemen, horsewoman/horsewomen, cowboy, cowgirl, jockey, cavalryman/cavalrymen, horse rider",
        "骑手 骑兵 牛仔",
        home="field",
        is_mounted=True,
    ),
    FigureRow(
        "noble",
        "noble lord, lord, king, queen, knight, noble, nobleman/noblemen, prince, princess, emperor, empress, duke, "
        "ruler, baron, noblewoman/noblewomen, monarch, leader",
        "国王 女王 骑士 贵族 王子 公主 皇帝 领主 君主 王后 皇后 将军",
        home="village",
    ),
    FigureRow(
        "crowd",
        "crowd, his people, her people, crowd of people, people, villagers, community/communities, audience, "
        "spectators, townsfolk, group of people, peasants, army/armies, dancers, citizens, onlookers, passersby, "
        "pedestrians, commuters, shoppers",
        "人群 村民 观众 群众 民众 人们 百姓 大家 人山人海 子民 人流 一群人",
        count=1,
    ),
    FigureRow(
        "cat",
        "cat, kitten, kitty/kitties, tabby/tabbies, feline",
        "猫 小猫 猫咪 花猫",
        home="room",
    ),
    FigureRow("cat", "tiger, lion, lioness", "老虎 狮子", home="forest", color="orange"),
    FigureRow("cat", "leopard, cheetah", "豹 猎豹", home="field", color="gold"),
    FigureRow("cat", "panther, black panther", "黑豹", home="forest", color="black"),
    FigureRow(
        "dog",
        "dog, puppy, hound",
        "狗 小狗 犬 小犬",
        home="field",
    ),
    FigureRow("dog", "fox, corgi", "狐狸 柯基", home="field", color="orange"),
    FigureRow("dog", "wolf/wolves, husky/huskies", "狼 哈士奇", home="field", color="gray"),
    FigureRow("dog", "retriever, golden retriever", "金毛犬 金毛", home="field", color="gold"),
    FigureRow(
        "horse",
        "horse, horseback, stallion, pony/ponies, mare, deer/deer, cow, stag, giraffe",
        "马 骏马 鹿 牛 小鹿 奶牛",
        home="field",
    ),
    FigureRow("horse", "unicorn, zebra", "独角兽 斑马", home="field", color="white"),
    FigureRow("horse", "elephant, donkey", "大象 驴", home="field", color="gray"),
    FigureRow("horse", "camel", "骆驼", home="desert", color="gold"),
    FigureRow(
        "bird",
        "bird, eagle, hawk, crow, raven, pigeon, owl, falcon, goose/geese, butterfly/butterflies, dragon, sparrow",
        "鸟 小鸟 鸟儿 老鹰 燕子 鹰 蝴蝶 飞鸟 龙",
    ),
    FigureRow("bird", "seagull, gull, swan, dove, crane bird, heron, egret", "海鸥 天鹅 鸽子 仙鹤 白鹭", color="white"),
    FigureRow("bird", "parrot", "鹦鹉", color="green"),
    FigureRow(
        "car",
        "car, race car, racing car, sports car, vehicle, truck, automobile, bus, van, motorcycle, motorbike, "
        "suv, supercar, jeep, convertible, sedan, racecar, lorry",
        "车 汽车 赛车 跑车 卡车 轿车 车辆 公交车 摩托车 小车 巴士 豪车 越野车",
        home="road",
    ),
    FigureRow("car", "taxi, yellow cab, taxicab, school bus", "出租车 的士", home="road", color="yellow"),
    FigureRow(
        "boat",
        "boat, ship, sailboat, yacht, canoe, kayak, raft, sailing boat, fishing boat, ferry, vessel, gondola, "
        "galleon, rowing boat, sailing ship, junk boat",
        "船 小船 帆船 轮船 游艇 渔船 小舟 舟 货船 渡轮 独木舟",
        home="sea",
    ),
    FigureRow("balloon", "balloon, hot air balloon, airship, zeppelin, blimp", "气球 热气球 飞艇"),
    FigureRow(
        "fish",
        "fish/fishes, goldfish/goldfishes, tropical fish/fishes, jellyfish/jellyfishes, sea turtle, "
        "turtle, manta ray, clownfish/clownfish, koi/koi",
        "鱼 小鱼 金鱼 水母 海龟 锦鲤 热带鱼",
        home="underwater",
    ),
    FigureRow(
        "fish",
        "shoal, shoal of fish, school of fish, schools of fish, schooling fish, swarm of fish",
        "鱼群 一群鱼 成群的鱼",
        home="underwater",
        count=8,
    ),
    FigureRow("whale", "whale, dolphin, shark, orca, humpback", "鲸 鲸鱼 海豚 鲨鱼 虎鲸 蓝鲸", home="sea"),
    FigureRow(
        "rocket",
        "rocket, spaceship, spacecraft, space shuttle, shuttle, starship, ufo",
        "火箭 飞船 宇宙飞船 航天飞机 太空船 飞碟",
        home="space",
    ),
    FigureRow(
        "tree",
        "tree, oak, palm, palm tree, pine, pine tree, willow, birch, maple tree",
        "树 大树 松树 柳树 棕榈树 树木 枫树",
        home="field",
    ),
    FigureRow(
        "castle",
        "castle, fortress, palace, citadel, tower, pagoda, temple",
        "城堡 宫殿 堡垒 塔 古堡 宝塔 寺庙 故宫",
        home="village",
    ),
    FigureRow(
        "house",
        "house, cottage, cabin, hut, farmhouse, barn, chalet",
        "房子 小屋 木屋 茅屋 房屋 农舍 别墅 村舍",
        home="field",
    ),
    FigureRow("lighthouse", "lighthouse, light house", "灯塔", home="sea"),
)

PERSONS: Final[frozenset[FigureKind]] = frozenset({"person", "noble", "crowd"})
"""What `people` in the negative prompt takes away."""
ROOTED: Final[frozenset[FigureKind]] = frozenset({"tree", "castle", "house", "lighthouse"})
"""What stays where it is while somebody else is there to move."""
FIGURES_MAX: Final = 8
"""Of one kind; more would be a crowd of its own."""
PLURAL_COUNT: Final = 3
"""What a plural without a number means."""

RIDING: Final[frozenset[str]] = frozenset({"ride", "rides", "riding", "rode", "ridden", "骑", "mounted", "horseback"})
"""Words that put somebody who stands in the same sentence on a horse."""
SADDLE: Final[frozenset[str]] = frozenset({"on", "atop", "astride", "骑", "upon"})
"""The same between the two."""
RIDERS: Final[frozenset[FigureKind]] = frozenset({"person", "noble"})
SAME_IN_PLURAL: Final[frozenset[str]] = frozenset({"fish"})
"""Nouns that are several where nothing before them says one."""
