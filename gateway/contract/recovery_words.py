"""256 plain English words, one for each byte of a recovery key; their first three letters tell them apart."""

_TEXT = (
    "acid actor after agent alert amber angle ankle apple april arch atlas attic award axis baby bacon badge beach "
    "bell berry boat brush bulb cabin cake cedar cello chair clay clock coal cobra comet coral cube "
    "cycle daisy dance "
    "dawn deer delta dial disco dock door dove drum duck dust eagle east echo edge eight elbow elder ember empty "
    "equal exit fence ferry fiber fire fish flute frost fruit gate glass globe goat gold grape gulf "
    "habit hazel heart "
    "hedge herb hill honey house index iron ivory jade jelly jewel joker judge kayak king knee knife "
    "koala lake laser "
    "lemon level limit lion lodge lotus lunch maple mask melon metal middle milk mint mirror mobile moon mother "
    "museum napkin native nectar needle nephew nest night noble novel number nurse oasis ocean olive onion opera "
    "orange orbit orchid otter oven owner oxygen oyster paddle panda paper parrot pastry peach pepper piano picnic "
    "pillow pine planet pocket poem polar pond poppy potato prince public puddle pump quartz queen "
    "quiet rabbit radio "
    "rapid raven razor reef region ribbon rice ring river robin rocket rose ruby saddle salad school season secret "
    "seven shadow shell silver singer sister sleep smile snow soap socket soda solar south spider spring square "
    "stable stone street sugar summer swan symbol table tailor talent target tennis ticket tiger "
    "timber toast tomato "
    "topic torch tower trail tulip tunnel turtle twelve twin uncle valley vapor velvet verse violin vision voice "
    "wagon walnut water wave whale wheat window wisdom wolf wonder world yard yellow yogurt zebra zero zigzag zinc"
)
WORDS: tuple[str, ...] = tuple(_TEXT.split())
