"""Sentences for the speech engines to say."""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path

from posecast.errors import MissingDependency

WORD_LIST = Path("/usr/share/dict/american-english")

_FREQUENT = (
    "the", "a", "this", "that", "my", "your", "our", "some", "every", "no", "one", "in", "on",
    "at", "by", "from", "with", "for", "before", "after", "about", "over", "under", "and", "but",
    "or", "because", "while", "if", "when", "they", "we", "you", "I", "he", "she", "it", "who",
    "what", "where", "would", "could", "should", "must", "might", "will", "have", "been", "be",
    "is", "was", "were", "had", "do", "did", "make", "people", "time", "way", "big", "more",
    "most", "also", "very", "maybe", "please", "even", "above", "both", "move", "moving", "bob",
    "mama", "papa", "baby", "web", "map", "much", "may", "five", "four", "video", "few", "voice",
    "very", "of", "off", "above", "have", "who", "two", "too", "you", "know", "so", "no", "go",
    "over", "home",
)  # fmt: skip

_TEMPLATES = (
    "I have {} the {} before {} and {}.",
    "Why do you want the {}?",
    "Is it {} or {}, {} or {}?",
    "{}, {}, and {} are {}.",
    "We have been {} with {} people for {} years.",
    "Maybe {} would be {} if you found it!",
    "She said that {} and {} move {}.",
    "By the way, {} is above the {}.",
    "Please give me my {} {}.",
    "There is no {} problem, but {} is {}.",
    "What if {} becomes {} tomorrow?",
    "From {} to {}, everybody says {}.",
    "{} {} {}.",
    "{}.",
    "He put the {} back on the {} map.",
    "It was {}. Really {}, I believe.",
    "One, two, three, four, five {}, six, seven {}.",
    "Wow, {}! You moved {} {}?",
    "Are you {}? Do you {}? Will they {}?",
    "Where were you when the {} {}?",
    "Could it be that {} is {}?",
    "First, {}. Second, {}. Third, {}. And finally, {}.",
    "{}; {}; {}; {}, and {}.",
    "Ha ha ha ha! {} {}!",
    "He he he. Ho ho. {}.",
    "Mm hmm. Uh, {}. Um, {}, maybe.",
    "Oh! {}. Ah, {}.",
    "Stop! {} {}! Move! Help me {}!",
    "Yes. No. {}. Maybe.",
    "{}... {}... and {}.",
)

FOREIGN: dict[str, str] = {
    "de": "der die das und aber nicht immer Mutter Vater Baum Bier Pferd Papier mein dein über unter "
    "schön Brücke Fluss Wasser Morgen Abend gemeinsam Apfel Buch bringen sprechen hoffen warum fünf",
    "fr": "le la une mais avec pour toujours maman papa bateau pomme beurre fromage lumière rue voiture "
    "bonjour merci beaucoup femme homme bébé village musique parler ouvrir feu vous nous bon vin blanc",
    "es": "el la una pero con para siempre mamá papá barco manzana luz calle coche buenos días gracias "
    "mucho poder mujer hombre bebé pueblo música hablar abrir fuego vosotros blanco bueno pan vino",
    "it": "il la gli una ma con per sempre mamma papà barca mela luce strada macchina buongiorno grazie "
    "molto potere donna uomo bambino paese musica parlare aprire fuoco voi noi bianco buono pane vino",
    "pt-br": "o a uma mas com para sempre mamãe papai barco maçã luz rua carro bom dia obrigado muito "
    "poder mulher homem bebê povo música falar abrir fogo vocês encontrar branco janela pão vinho",
    "ru": "мама папа но и с для всегда дом большой маленький свет улица машина спасибо много мочь "
    "женщина мужчина музыка говорить открыть огонь вы мы найти нога белый окно хлеб время поле вода",
    "cmn": "你好 我 们 是 不 妈妈 爸爸 朋友 明天 北京 苹果 问题 房子 跑步 非常 美丽 可以 帮助 说话 火车 飞机 音乐",
    "pl": "mama tata ale i z dla zawsze dom duży mały światło ulica samochód dziękuję bardzo może kobieta "
    "dziecko muzyka mówić otworzyć ogień wy my znaleźć noga biały okno chleb czas pole woda był",
    "hi": "माँ पापा और लेकिन हम तुम बहुत बड़ा छोटा पानी किताब सड़क गाड़ी संगीत बोलना खोलना आग सफेद रोटी समय",
    "ja": "はは ちち まいにち みず ほん みち くるま おんがく はなす あける ひ しろい まど ぱん じかん いま ありがとう",
    "tr": "anne baba ama ve ile için ev büyük küçük ışık sokak araba teşekkür çok kadın adam bebek müzik "
    "konuşmak açmak ateş siz biz bulmak bacak beyaz pencere ekmek zaman su olmak",
    "sv": "mamma pappa men och med för alltid hus stor liten ljus gata bil tack mycket kvinna man barn "
    "musik prata öppna eld ni vi finna ben vit fönster bröd tid vatten vara på över",
    "nl": "mama papa maar en met voor altijd huis groot klein licht straat auto bedankt veel vrouw man "
    "baby muziek praten openen vuur jullie wij vinden been wit raam brood tijd water zijn over",
    "fi": "äiti isä mutta ja kanssa aina talo iso pieni valo katu auto kiitos paljon nainen mies vauva "
    "musiikki puhua avata tuli te me löytää jalka valkoinen ikkuna leipä aika vesi olla hyvä päivä",
    "cs": "máma táta ale a s pro vždy dům velký malý světlo ulice auto děkuji mnoho žena muž dítě hudba "
    "mluvit otevřít oheň vy my najít noha bílý okno chléb čas pole voda být byl příběh",
    "ca": "el la els una però amb per sempre mare pare vaixell poma llum carrer cotxe bon dia gràcies molt "
    "dona home bebè poble música parlar obrir foc vosaltres trobar cama blanc finestra pa vi temps camp",
}
"""Common words of the other languages, strung together at random."""


@cache
def _words() -> tuple[str, ...]:
    if not WORD_LIST.exists():
        raise MissingDependency(f"{WORD_LIST} is missing: apt-get install wamerican")
    lines = WORD_LIST.read_text(encoding="utf-8").split()
    return tuple(word for word in lines if re.fullmatch("[a-z]{2,11}", word))


def english_sentence(rng: random.Random) -> str:
    """A filled template, numbers, or random words half of which are frequent ones."""
    if rng.random() < 0.06:
        return _numbers(rng)
    if rng.random() < 0.6:
        template = rng.choice(_TEMPLATES)
        return re.sub(r"\{\}", lambda _: rng.choice(_words()), template)
    words = [
        rng.choice(_FREQUENT) if rng.random() < 0.5 else rng.choice(_words())
        for _ in range(rng.randint(4, 13))
    ]
    return _with_comma(words) + rng.choice("..?!")


def _numbers(rng: random.Random) -> str:
    """Prices, times and telephone numbers, as people read them out."""
    kinds = (
        f"It costs {rng.randint(2, 9999)} dollars and {rng.randint(1, 99)} cents.",
        f"At {rng.randint(1, 12)} {rng.randint(10, 59)}, on the {rng.randint(1, 31)}th.",
        "Call " + ", ".join(str(rng.randint(0, 9)) for _ in range(rng.randint(5, 9))) + ".",
        f"From {rng.randint(1, 99)} to {rng.randint(100, 2100)}, about {rng.randint(2, 99)} percent.",
    )
    return rng.choice(kinds)


def foreign_sentence(language: str, rng: random.Random) -> str:
    """Random words of a language, with a comma in the middle of a long one."""
    words = FOREIGN[language].split()
    return _with_comma([rng.choice(words) for _ in range(rng.randint(4, 11))]) + "."


def _with_comma(words: list[str]) -> str:
    if len(words) > 7:
        words[len(words) // 2] += ","
    return " ".join(words)
