"""The words for places, times of day, ground and colors of a painted scene: data only."""

from typing import Final

from mutoscope.engines.procedural.reading.vocabulary.rows import ColorRow, PlaceRow, ThingRow, TimeRow

PLACES: Final = (
    PlaceRow(
        "space",
        "outer space, space, galaxy, galaxies, cosmos, cosmic, nebula, nebulae, planet, planets, asteroid, "
        "asteroids, spaceship, astronaut, orbiting earth, deep space, universe, moon surface, mars",
        "太空 宇宙 星系 星云 行星 外太空 宇航员 小行星 火星表面 月球",
    ),
    PlaceRow(
        "city",
        "city, cities, cityscape, street, streets, skyline, skyscraper, skyscrapers, downtown, urban, metropolis, "
        "rooftop, rooftops, town, alley, plaza, city street, boulevard, megacity, neighborhood, tokyo, new york, "
        "shanghai",
        "城市 街道 都市 摩天楼 摩天大楼 天际线 大街 街头 小巷 市中心 街 高楼 城区 大都市 上海 东京",
    ),
    PlaceRow(
        "village",
        "village, villages, marketplace, market, market square, castle town, medieval town, hamlet, medieval, "
        "town square, courtyard, old town, settlement, medieval village",
        "村庄 村子 集市 市场 小镇 古镇 乡村 山村 村落 庭院 中世纪 渔村 水乡",
    ),
    PlaceRow(
        "room",
        "room, rooms, kitchen, bedroom, indoors, interior, office, studio, apartment, cafe, café, restaurant, "
        "library, table, desk, sofa, living room, dining room, hallway, classroom, indoor, bathroom, attic, hall, "
        "coffee shop, lobby, inside a house, fireplace, hearth, windowsill",
        "房间 厨房 卧室 室内 办公室 客厅 咖啡馆 餐厅 图书馆 屋里 屋内 沙发 书房 桌 桌上 教室 大厅 咖啡厅 壁炉 窗台 "
        "窗边",
    ),
    PlaceRow(
        "underwater",
        "underwater, under water, under the sea, deep sea, ocean floor, seabed, beneath the waves, undersea, "
        "sea floor, kelp forest, beneath the surface, under the surface, below the surface, under the ocean, "
        "beneath the ocean, beneath the sea, bottom of the sea, bottom of the ocean, ocean depths, depths of the ocean",
        "水下 海底 水中 深海 水底",
        within="sea",
    ),
    PlaceRow("underwater", "coral reef, reef, aquarium, corals", "珊瑚礁 珊瑚 水族馆"),
    PlaceRow(
        "sea",
        "sea, seas, ocean, oceans, beach, beaches, coast, coastline, seaside, harbor, harbour, bay, island, "
        "islands, shore, seashore, at sea, open water",
        "海 大海 海洋 海滩 海边 沙滩 海岸 海港 港口 海湾 岛 海面 小岛 海上",
    ),
    PlaceRow("sea", "waves, sailing, sails, waves crash", "海浪 浪花 波涛", is_hint=True),
    PlaceRow("desert", "desert, deserts, dune, dunes, sahara, sand, sand dunes, badlands", "沙漠 沙丘 戈壁 大漠"),
    PlaceRow(
        "forest",
        "forest, forests, woods, woodland, trees, jungle, jungles, pines, rainforest, grove, bamboo forest, "
        "pine forest",
        "森林 树林 丛林 竹林 雨林 林间 松林 林中 树丛",
    ),
    PlaceRow(
        "road",
        "road, roads, highway, highways, race track, racetrack, starting line, finish line, in the race, "
        "racing circuit, motorway, freeway, asphalt, racing track, mountain road, forest road, desert road, "
        "country road, the race, race course, speedway, street race, coastal road",
        "公路 道路 马路 高速公路 赛道 赛车道 起跑线 终点线 山路 路上 跑道",
    ),
    PlaceRow(
        "snow",
        "arctic, antarctica, antarctic, tundra, snowfield, snowfields, ski slope, ski slopes, winter wonderland, "
        "ice field, snowy landscape, snowy plain, north pole, south pole, iceberg, icebergs, frozen lake, "
        "snowscape, polar",
        "雪原 雪地 北极 南极 冰原 冰天雪地 冰山 极地 冰雪世界 滑雪场 雪景",
    ),
    PlaceRow(
        "field",
        "field, fields, meadow, meadows, grass, grassland, grassy, prairie, farm, garden, gardens, hill, hills, "
        "park, countryside, flower, flowers, pasture, wheat, lawn, savanna, orchard, vineyard, backyard, tulips, "
        "sunflowers",
        "田野 草地 草原 花园 田园 山坡 公园 农场 麦田 花海 草坪 稻田 花田 果园 花 野花 花朵",
    ),
    PlaceRow(
        "mountain",
        "mountain, mountains, peak, peaks, alps, alpine, cliff, cliffs, canyon, canyons, valley, valleys, volcano, "
        "volcanoes, landscape, landscapes, glacier, glaciers, himalaya, summit, fjord, ridge, ridges",
        "山 高山 群山 山峰 雪山 山谷 峡谷 火山 冰川 悬崖 山脉 风景 山水 山川 远山 青山",
    ),
)

TIMES: Final = (
    TimeRow(
        "neon",
        "neon, cyberpunk, synthwave, vaporwave, neon light, neon lights, flickering neon, neon glow, pulsing neon, "
        "blinking neon, neon flickers, neon lights flicker, neon signs flicker, flickering neon signs, "
        "flickering neon lights",
        "霓虹 霓虹灯 赛博朋克 霓虹闪烁 霓虹灯闪烁 闪烁的霓虹 闪烁的霓虹灯",
    ),
    TimeRow("neon", "neon lit, neonlit", "霓虹灯下", is_adjective=True),
    TimeRow(
        "sunset",
        "sunset, sunsets, setting sun, sun sets, sun is setting, sun going down, golden hour, dusk, evening, "
        "twilight, evening light, sunset light, evening sun, sun goes down, sunset sky",
        "日落 夕阳 黄昏 傍晚 落日 晚霞 暮色 黄金时刻 夕照 太阳落山",
    ),
    TimeRow(
        "sunrise",
        "sunrise, sunrises, rising sun, sun rises, sun is rising, sun coming up, dawn, daybreak, morning light, "
        "first light, morning sun, early morning, morning, sun comes up",
        "日出 黎明 清晨 破晓 拂晓 早晨 晨光 朝阳 曙光 旭日 太阳升起 晨雾",
    ),
    TimeRow(
        "night",
        "night, nights, nighttime, at night, midnight, moonlit, moonlight, night sky, nightfall, starry, "
        "starry night, starry sky, starlight, starlit, moonrise",
        "夜晚 夜里 夜间 深夜 午夜 月光 夜色 夜空 月夜 晚上 黑夜 夜景 星空 入夜 雨夜",
    ),
    TimeRow(
        "night",
        "dark, darkness, dimly lit, dim, dimly, poorly lit, shadowy, candlelit, gloom, unlit, low light, dim light",
        "昏暗 黑暗 阴暗 幽暗 昏暗的房间 暗淡",
        is_adjective=True,
    ),
    TimeRow(
        "storm",
        "storm, storms, stormy, thunder, thunderstorm, thunderstorms, lightning, tempest, hurricane, typhoon, "
        "thunder and lightning",
        "暴风雨 雷暴 雷电 闪电 打雷 雷雨 电闪雷鸣 狂风暴雨 台风",
    ),
    TimeRow("storm", "overcast, gloomy, gray sky, grey sky, cloudy", "阴天 多云 阴沉", is_adjective=True),
    TimeRow(
        "fog",
        "fog, foggy, mist, misty, haze, hazy, dense fog, thick fog",
        "雾 大雾 浓雾 薄雾 雾气 云雾 晨雾 起雾",
        is_hint=True,
    ),
    TimeRow(
        "storm",
        "rain, rains, raining, rainy, rainfall, downpour, in the rain, rain falls, falling rain, pouring rain",
        "雨 下雨 雨天 大雨 暴雨 雨中 倾盆大雨",
        is_hint=True,
    ),
    TimeRow(
        "night",
        "stars, firefly, fireflies, firework, fireworks, campfire, bonfire, candlelight, candle, candles, "
        "shooting star, shooting stars, milky way, meteor shower, fireside, torchlight, lantern, lanterns",
        "星星 繁星 萤火虫 烟花 篝火 烛光 流星 银河 焰火 蜡烛 流星雨 放烟花 灯笼",
        is_hint=True,
    ),
    TimeRow(
        "day", "day, daylight, daytime, noon, midday, midsummer, by day, afternoon", "白天 正午 中午 白日 下午 午后"
    ),
    TimeRow(
        "day",
        "bright, brightly lit, sunny, sunshine, sunlight, sunlit, blue sky, well lit, brightly, clear sky, clear skies",
        "明亮 晴天 阳光 晴朗 蓝天 阳光明媚 阳光下 晴空",
        is_adjective=True,
    ),
)

COLORS: Final = (
    ColorRow(
        "red", "red, crimson, scarlet, ruby, maroon, dark red, bright red, deep red", "红色 赤红 鲜红 大红 暗红", "红赤"
    ),
    ColorRow("orange", "orange, amber, coral", "橙色 橘色 橙红 琥珀色 橘红", "橙橘"),
    ColorRow("yellow", "yellow, lemon, bright yellow", "黄色 明黄 鲜黄", "黄"),
    ColorRow("green", "green, emerald, dark green, light green, olive, lime", "绿色 翠绿 碧绿 墨绿 嫩绿", "绿"),
    ColorRow("cyan", "cyan, turquoise, teal, aqua", "青色 蓝绿色 青绿", "青"),
    ColorRow(
        "blue",
        "blue, azure, navy, cobalt, dark blue, light blue, deep blue, sky blue, indigo",
        "蓝色 深蓝 天蓝 湛蓝 蔚蓝 浅蓝",
        "蓝",
    ),
    ColorRow("purple", "purple, violet, lavender, magenta, lilac", "紫色 紫罗兰色 淡紫 深紫", "紫"),
    ColorRow("pink", "pink, rose colored, hot pink, light pink", "粉色 粉红 粉红色 桃红", "粉"),
    ColorRow("brown", "brown, tan, bronze, chestnut", "棕色 褐色 咖啡色", "棕褐"),
    ColorRow("gold", "gold, golden", "金色 金黄 金黄色", "金"),
    ColorRow("silver", "silver, silvery, chrome", "银色 银白", "银"),
    ColorRow("gray", "gray, grey", "灰色 灰白", "灰"),
    ColorRow("white", "white, snow white, ivory", "白色 雪白 洁白 纯白", "白"),
    ColorRow("black", "black, jet black", "黑色 漆黑 乌黑", "黑"),
)
UNLIT: Final = frozenset({"white", "black", "gray", "silver", "brown"})
"""Colors that light does not have."""

THINGS: Final = (
    ThingRow(
        "water",
        "lake, lakes, river, rivers, sea, seas, ocean, oceans, beach, harbor, harbour, coast, shore, bay, waves, "
        "pond, island, stream, creek, lakeside, riverside, riverbank, waterfall, ripples, canal, fjord, reflection, "
        "reflections",
        "湖 河 河流 海 大海 海洋 海滩 海边 湖泊 湖水 小溪 江 池塘 海浪 海面 湖面 溪流 湖边 河边 倒影 水面 瀑布 湖畔 "
        "江南 水乡",
    ),
    ThingRow(
        "shore",
        "beach, beaches, coast, coastline, seaside, shore, seashore, sand, sandy",
        "海滩 海边 沙滩 海岸",
    ),
    ThingRow("deserted", "empty, deserted, abandoned, lonely, uninhabited", "空无一人 空荡荡 无人 荒废 冷清"),
    ThingRow(
        "snow ground",
        "snow, snowing, snows, snowfall, winter, arctic, ice, icy, frozen, glacier, blizzard, snow capped, "
        "snowcapped, snow covered, deep snow, fresh snow, wintry, snowflakes, snowstorm, snowman, in the snow, "
        "on the snow, through the snow, over the snow, across the snow, covered in snow, blanket of snow, "
        "blanketed in snow, snow falls, falling snow, snowy, snow falling, christmas, ski, skiing",
        "雪 下雪 雪花 雪山 雪地 冬天 冬季 冰 大雪 积雪 雪原 冰雪 飘雪 暴风雪 飞雪 白雪 滑雪 雪景 暴雪 圣诞",
    ),
    ThingRow(
        "light",
        "light, lights, lighting, tint, glow, tones, tone, hue, hues, haze, ambience, spotlight, spotlights, "
        "color grade, lamp light, illumination, color grading, color cast",
        "光 灯光 色调 光线 光芒 照明 光影",
    ),
    ThingRow(
        "lit",
        "bathed in, lit in, drenched in, awash in, tinted, glows, bathed in a, lit by a, washed in, lit with, glowing",
        "沐浴在 笼罩在 染成",
    ),
    ThingRow(
        "clothes",
        "dress, coat, cloak, suit, shirt, jacket, cape, robe, sweater, hoodie, umbrella, gown, kimono, uniform, "
        "armor, raincoat, scarf, skirt",
        "衣服 裙子 外套 斗篷 西装 衬衫 长袍 雨伞 连衣裙 大衣 旗袍 长裙 汉服 伞 盔甲",
    ),
)
