"""Words that mean something else together than each by itself: data only."""

from typing import Final

from mutoscope.engines.procedural.reading.vocabulary.rows import CompoundRow, GrammarRow

_WEAR: Final = (
    "jacket, coat, boots, boot, hat, cap, scarf, dress, gown, suit, shirt, sweater, hoodie, shoes, sneakers, outfit, "
    "gear, goggles, gloves, clothes, clothing, robe, cape, cloak, armor, uniform, jeans, skirt, pants, trousers, "
    "pajamas, socks, poncho, blouse, vest, mask, makeup, kimono, costume, backpack, bag, umbrella, tie"
)
_GOODS: Final = (
    "machine, lamp, alarm, detector, club, owl, stand, shift, market, owner, guard, globe, tire, chain, plow, blower, "
    "angel, board, turbine, chime, tunnel, instrument, holder, stick, wax, pit, poker, screen, shop, store, clock, "
    "radio, poster, furniture, sofa, chair, table, bike, bicycle, guitar, camera shop, toy, watch, cream, pump, cable, "
    "logo, tattoo, cutter, printer, sign shop, bowl, tray, opener, service, computing, storage, provider"
)
_FOOD: Final = (
    "coffee, tea, drink, drinks, beer, water bottle, soup, meal, bread, milk, cake, cookie, cocoa, chocolate, "
    "cocktail, "
    "lemonade, juice, soda, wine, breakfast, dinner, snack, roll, brew, sandwich, pizza, croissant, pie, yogurt"
)
_BODY: Final = "hair, eye, eyes, skin, lips, lipstick, beard, eyebrows, fur, feathers, nails, nail polish, mane, fluff"
_ANIMALS: Final = (
    "cat, kitten, dog, puppy, cow, horse, bird, rabbit, panda, zebra, penguin, butterfly, stripes, checkered, fur"
)
_SPEAKERS: Final = (
    "he, she, they, i, you, who, man, woman, girl, boy, child, kid, lady, guy, person, people, crowd, couple, king, "
    "queen, princess, prince, grandmother, grandfather, mother, father, baby, robot, everyone"
)

COMPOUNDS: Final = (
    CompoundRow(
        "rain, snow, winter, dust, night, evening, morning, fire, candle, smoke, steam, fog, wind, neon, sunset, "
        "vintage, retro, antique, noir, pastel, colorful, colourful, vibrant, muted, faded, monochrome, "
        "black and white, black white, bleached, warm, cold, cozy, cosy, dark, bright, light, star, glitter, "
        "polka dot, lava, bubble, laser, spark, storm, cloud, retro style, flare, snow white",
        _WEAR,
    ),
    CompoundRow(
        "rain, snow, night, fire, candle, smoke, fog, wind, steam, antique, vintage, retro, wave, cloud, lava, bubble, "
        "laser, lightning, hurricane, storm, dust, glow, torch, flare, disco, spark",
        _GOODS,
    ),
    CompoundRow("cold, warm, hot, icy, dark, light, morning, evening, bubble, confetti, lava, hot steaming", _FOOD),
    CompoundRow(
        "dark, light, bright, golden, silver, white, black, blonde, brown, red, pink, purple, blue, green, gray, grey, "
        "orange, yellow, colorful, glowing, icy blue, light blue, dark blue, dark brown, light brown, luminous, "
        "radiant, sparkling, misty, starry, burning, flaming red, bleached, fiery red, emerald, amber",
        _BODY,
    ),
    CompoundRow("black and white, black white, monochrome, colorful, snow white", _ANIMALS),
    CompoundRow("vintage, retro, antique, fire, storm", "car, truck, engine, bus, van, motorcycle, train, boat, plane"),
    CompoundRow("steam, smoke", "engine, train, locomotive, boat, ship, roller, bun, buns"),
    CompoundRow(
        "fox like, wolf like, cat like, dog like, lion like, horse like", f"{_ANIMALS}, creature, animal, face"
    ),
    CompoundRow("golden retriever, retriever, husky, corgi, labrador, fox, wolf", "puppy, dog, pup, cub"),
    CompoundRow("snow, fire", "leopard, fox, owl, dragon"),
    CompoundRow("rain", "forest"),
    CompoundRow("tiger, lion, leopard, panther, tabby", "cub, cat, kitten"),
    CompoundRow("lake, river, ocean, sea, beach", "house, cabin, resort, hotel"),
    CompoundRow("burning, lit", "candle, candles, torch, torches"),
    CompoundRow("candle, candles, torch, torches", "burn, burns, burning", means="first"),
    CompoundRow(_SPEAKERS, "wave, waves, waved, waving", means="first"),
)
"""A word that only describes the other one, which is meant."""

IDIOMS: Final = (
    GrammarRow(
        "idiom",
        # Light and weather
        "take+ off her, take+ off his, taking off her, taking off his, time flies, flying kick, chasing dreams, "
        "surfing the web, run+ out of, running out of, rain down, film burn, steam punk, waterfall of, "
        "wave of her hand, "
        "wave of his hand, does the wave, ocean blue, explosion of, end of, the end of, at the end of, dead end, "
        "movie stars, movie star, film stars, rock stars, "
        "pop stars, five stars, stars and stripes, star trek, "
        "star wars, starry eyed, dim sum, good night, good morning, prom night, night club, night clubs, "
        "night vision, night out, twilight zone, sunset boulevard, snow white and, princess snow white, "
        "rain check, rain or shine, "
        "raining cats and dogs, rains down, raining down, after the rain, after rain, after a rain, "
        "after the storm, after a storm, before the storm, before a storm, before the rain, after the snow, "
        "after snowfall, storm trooper, storm troopers, brain storm, storm in a teacup, perfect storm, "
        "lightning mcqueen, cold war, common cold, cold shoulder, cold blooded, cold feet, ice cold, icy blue, "
        "cold brew, warm up, warm ups, warm hug, warm embrace, warm hearted, cold gaze, cold hearted, "
        "freezing point, freeze frame, dusty rose, dusty pink, dust off, gold dust, smoke and mirrors, "
        "smoke free, smoked salmon, smoked meat, holy smoke, up in smoke, mist spray, foggy glasses, "
        "mushroom cloud, cloud nine, word cloud, wind up, winds up, wind down, winds through, winds its way, "
        "winds along, winding road, second wind, heat map, fire hydrant, fire hydrants, fire escape, "
        "fire escapes, fire extinguisher, fire station, fire department, fire fighter, fire fighters, "
        "fire in his eyes, fire in her eyes, open fire on, under fire, fire drill, cease fire, hang fire, "
        "flame grilled, old flame, burning desire, burn scar, ken burns, ken burns effect, blaze orange, "
        "blazing fast, spark plug, spark plugs, spark of joy, spark of hope, sparks joy, sparkling water, "
        "sparkling wine, sparkle in his eye, sparkle in her eye, sparkle in his eyes, sparkle in her eyes, "
        "twinkle in his eye, twinkle in his eyes, twinkle in her eye, twinkle in her eyes, sparkling smile, "
        "glitter nail, bubble gum, bubble wrap, bubble bath, bubble tea, speech bubble, speech bubbles, "
        "thought bubble, polka dot, polka dots, connect the dots, dot com, balance beam, steel beam, steel beams, "
        "wooden beams, laser cut, laser focused, laser tag, orb weaver, comet the reindeer, glow stick, "
        "glow sticks, glowing review, glowing reviews, glowing smile, glow up, radiant smile, halo top, "
        "grain of rice, grains of rice, grain of sand, grains of sand, grain of salt, whole grain, wood grain, "
        "grain field, grain fields, grain silo, noise cancelling, loud noise, makes noise, make noise, "
        "making noise, background noise, crowd noise, noise of, dramatic gesture, dramatic pause, mood board, "
        "flash drive, flash drives, usb drive, usb drives, hard drive, hard drives, disk drive, neon tetra, "
        "neon tetras, red light district, light up shoes, lights a cigarette, light up the sky, "
        "lights up the sky, lighting up the sky, lit up the sky, illuminate+ the sky, light up the night, "
        "lights up the night, lighting up the night, light up the night sky, lights up the night sky, "
        "lighting up the night sky, illuminate+ the night, rave review, rave reviews, faded jeans, sound waves, "
        "radio waves, brain waves, shock wave, shock waves, sine wave, new wave, waves of hair, "
        "waves of her hair, hair in waves, waves of color, waves of people, wave of people, wave of emotion, "
        "wave+ his, wave+ her, wave+ their, wave+ its, wave+ goodbye, wave+ back, wave+ to, wave+ a hand, "
        "wave+ a flag, wave+ a wand, wave+ the flag, wave+ flags, wave+ hands, wave of the hand, wave of a hand, "
        "hand wave, waves a hand, waves and smiles, surf board, surf boards, surf shop, crowd surf, "
        "crowd surfing, splash screen, splash art, color splash, paint splash, stream of people, live stream, "
        "live streams, streaming service, streaming live, sea of people, sea of faces, sea salt, sea food, "
        "ocean liner, drizzle+ with, drizzle+ honey, drizzle+ chocolate, drizzle+ sauce, drizzle+ syrup, "
        "drizzle+ olive oil, drizzle+ oil, drizzle+ caramel, drizzle+ over, honey drizzle, chocolate drizzle, "
        "drizzle of, flurry of activity, flurry of, plume of feathers, tea leaves, green leaves of, "
        "lettuce leaves, bay leaves, flare jeans, flared skirt, paper streamers shop",
        "泪如雨下 汗如雨下 枪林弹雨 谷雨 雾面 雾化器 云朵蛋糕 祥云 烟囱 星光大道 星星眼 春风得意 晚上好 早上好"
        " 闪电侠 气泡水 泡泡糖 黑白条纹 黑白相间 温暖的笑容 温暖的微笑 冰冷的眼神 冷漠 漂亮 浪漫 流浪 浪费 风格 风景 "
        "风衣 风扇 风筝 风琴 风铃 风车 风情 风趣 风度 威风 风范 风采 风貌 风光 "
        "屏风 麦克风 作风 雪糕 雪碧 雪茄 雪梨 雪橇 雪人 雪靴 雪豹 雨衣 雨靴 雨鞋 雨刷 雨棚 雨后 雪后 雷军 "
        "雷达 云南 云吞 云端 云计算 马云 火锅 火车 火车站 火柴 火鸡 火腿 火龙果 火焰山 消防车 烟盒 烟斗 香烟 "
        "烟灰缸 烟熏妆 抽烟 星巴克 星期 明星 球星 歌星 影星 星座 海报 海鲜 海苔 海绵 海拔 海盗 海军 江湖 江苏 "
        "浙江 江山 河南 河北 湖南 湖北 冰霜 柠檬霜 面霜 老照片修复 修复老照片 照片修复 光影 流光溢彩 照亮夜空 "
        "照亮了夜空 照亮天空 点亮夜空 晨跑 "
        "冷饮 眼影",
    ),
    GrammarRow(
        "idiom",
        # Motions, figures and the camera
        "running shoes, running shoe, running late, running back, run out of, running track, running nose, "
        "runny nose, running mascara, jump rope, jump ropes, jump cut, jump cuts, jump scare, jumping spider, "
        "flying saucer, flying saucers, flying carpet, fruit fly, fruit flies, house fly, a fly, fly fishing, "
        "fly on the wall, float glass, root beer float, spin class, spin the wheel, spin the bottle, dance floor, "
        "dance studio, dance hall, dance partner, swimming pool, swimming pools, swimming trunks, swim suit, "
        "diving board, dive bar, shake+ hands, shake+ his head, shake+ her head, shake+ their heads, "
        "shake+ his hand, shake+ her hand, milk shake, breathing room, breathe+ life into, walk in closet, "
        "walk of fame, walking stick, walking cane, drive in theater, drive thru, race against time, human race, "
        "race car driver, rush hour, dash of, dash cam, charging cable, charging station, charge the phone, "
        "skip button, hop on, hip hop, leap year, leap of faith, grow light, grow up, grows up, growing up, "
        "growing tension, grown up, grown ups, sitting room, sitting duck, baby sitter, riding boots, "
        "step by step, pan flute, pan asian, peter pan, frying pan, rolls royce, rolling hills, rolling hill, "
        "rolling pin, rolling stone, roll of, rolls of, roll call, sushi roll, sushi rolls, zoom call, "
        "zoom meeting, zoom lens, arc de triomphe, arc reactor, orbit gum, shaky hands, shaky voice, shaky legs, "
        "hand held fan, handheld fan, handheld console, handheld device, hand held device, aerial silks, "
        "aerial acrobat, aerial acrobats, aerial hoop, push up, push ups, pull ups, hot dog, hot dogs, "
        "comes to life, come to life, man made, human like, bird bath, fish bowl, fish tank, fish and chips, "
        "horse shoe, lion king, king size, queen size, king crab, dragon fruit, tree house, hot air",
        "飞行员 游泳池 游船 游行 走神 睡美人 旋转木马 旋转楼梯 冲洗 飘带 蹦床 跑步机 游戏 旅游 导游 游乐园 游乐场 "
        "上游 下游 舞台 舞台灯光 跳棋 心跳 睡衣 走廊 走心 走势 冲泡 冲咖啡 "
        "冲击力 冲击 飞溅 飞机 飞吻 奔放 奔腾 追光 追剧 骑楼 坐标 坐垫 摇滚 马上 马克杯 罗马 河马 海马 "
        "马来西亚 马赛克 牛肉 牛奶 牛仔 牛排 牛油果 熊猫 猫头鹰 龙头 水龙头 恐龙 龙虾 龙井 鱿鱼 章鱼 人工智能 "
        "人生 人造 动人 迷人 诱人 惊人 令人 感人 撩人 人像 人体 人脸 人工 树脂 车站 车窗 车厢 车间 停车场 "
        "风车",
    ),
)
"""Phrases that speak of nothing this engine draws, though a word of theirs would."""
