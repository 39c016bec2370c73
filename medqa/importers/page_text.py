"""The text of a thread's page as a browser saves it → a draft. Pure.

    title - specialty / what is for sharing / the asker's headline / question / asker, date asked
    Dr. … reply … / reply, signed with doctor and hospital / date replied, once for each reply
    follow-up / asker, date asked, once for each follow-up, below the question or any reply
    More Info, with headings and lists / cards of similar threads and FAQ, which are left out

In English, or with the labels in Chinese. What is missing is missing in the draft; what is not understood is told.
"""

import re
from collections.abc import Sequence

from medqa import names
from medqa.editing import tidying
from medqa.importers.draft import Draft, DraftFollowUp, DraftReply, as_markdown, clean

_DATE = r"(?P<date>\d{4}[-/.]\d{1,2}[-/.]\d{1,2})(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?\s*\.?"
_DAY = "(?:日期|時間|时间)"
_DOCTOR = "(?:醫師|醫生|医师|医生)"
_ASKED = re.compile(
    rf"(?P<who>.*?)[\s.,;|。，]*\b(?:Ask(?:ed)? Date|Asked(?: on)?|Question Date|Date asked)\s*:\s*{_DATE}"
    rf"|(?P<who2>.*?)[\s.,;|。，]*(?:[提發发][問问])(?:日期|[時时][間间])\s*[:：]\s*{_DATE.replace('date', 'date2')}",
    re.IGNORECASE,
)
_REPLIED = re.compile(
    rf"(?:(?:Reply|Answer) Date|(?:Replied|Answered)(?: on)?|[回答][覆复]{_DAY})\s*[:：]\s*{_DATE}",
    re.IGNORECASE,
)
_REPLY = re.compile(
    r"Dr\b\.?\s*(?P<doctor>.{2,60}?)\s+(?:reply|replied|replies|answered)\b[\s,:–(-]*(?P<specialty>[^()]{0,60})\)?"
    rf"|(?P<doctor2>.{{2,20}}?)\s*{_DOCTOR}\s*[回答][覆复][\s:：]*(?P<specialty2>.{{0,30}})"
)
_FOLLOW_UP = re.compile(r"Follow-?\s?up(?: question)?\s*\d*\s*:?|(?:追[問问]|再[問问])\s*[:：]?", re.IGNORECASE)
_MORE = re.compile(r"(?:More Info(?:rmation)?|更多資訊|更多信息|更多资讯)\s*:?", re.IGNORECASE)
_END = re.compile(
    r"(?:(?:Similar|Related) (?:Q&A|Questions|Threads|FAQ)|FAQ|(?:[相類类]似|相[關关])[問问][答題题])\s*:?",
    re.IGNORECASE,
)
_SHARE = re.compile(
    r"(?:Share(?: to| this.{0,30}| on .{0,20})?\s*:?|Facebook|Twitter|X|LINE|WhatsApp|Telegram|E-?mail|Print|Copy link"
    r"|分享.{0,6}[:：]?)",
    re.IGNORECASE,
)
_ASKER = re.compile(
    r"(?P<name>.*?)[\s,，]*"
    r"(?:(?P<age>\d{1,3}(?:\s*[~–〜～-]\s*\d{1,3}|\+)?)[\s-]*(?P<unit>years?|yrs?|months?|mos?|歲|岁|個月|个月)?[\s-]*(?:old)?)?"
    r"[\s,，]*(?P<sex>female|male|woman|man|girl|boy|other|女性?|男性?)?",
    re.IGNORECASE,
)
SEXES = {
    **dict.fromkeys(("female", "f", "woman", "girl", "女", "女性"), "female"),
    **dict.fromkeys(("male", "m", "man", "boy", "男", "男性"), "male"),
    "other": "other",
}
"""How people write a sex → how medqa does."""
_LONGEST_HEADLINE, _LONGEST_HEADING, _WORDS_OF_HEADING, _CJK_HEADING, _LONGEST_HOSPITAL = 120, 80, 12, 20, 80
_STOPS = (".", "!", ",", ";", ":", "。", "！", "，", "；", "：")
_INSTITUTION = re.compile(
    r"\b(?:hospital|clinic|poly-?clinic|cent(?:er|re)|medical|infirmary|institute|university|practice|surgery|health)\b"
    r"|院|診所|诊所|中心",
    re.IGNORECASE,
)
_LIST = re.compile(r"(?:[-*+•]|\d{1,3}[.)])\s*")


def draft(text: str, origin: str) -> Draft:
    """Read a saved page."""
    lines = [line.strip() for line in clean(text).replace("\r\n", "\n").split("\n")]
    made = Draft(origin=origin, asker={}, turns=[], repaired=[], left=[])
    first = next((at for at, line in enumerate(lines) if line), len(lines))
    marks = _Marks(lines, first + 1)
    _read_title(made, lines[first] if first < len(lines) else "")
    if marks.byline is None:
        _read_question(made, lines[first + 1 : marks.first_reply])
        made.left.append("no date on which the question was asked was found")
    else:
        who = _line_above(lines, marks.byline, first + 1)
        _read_question(made, lines[first + 1 : marks.byline if who is None else who])
        _read_byline(made, lines[marks.byline], "" if who is None else lines[who])
        _read_follow_ups(made, lines[marks.byline + 1 : marks.first_reply], "the question")
    for begin, end in marks.replies():
        _read_reply(made, lines[begin:end])
    if marks.more < marks.end:
        made.more_info = _more_info(made, lines[marks.more + 1 : marks.end])
    if left := _told(lines[marks.end :]):
        made.left.append(f"{left}: other threads and links")
    _settle_specialty(made)
    return made


class _Marks:
    """The lines that part a page."""

    def __init__(self, lines: Sequence[str], begin: int) -> None:
        rest = range(begin, len(lines))
        self.end = next((at for at in rest if _END.fullmatch(lines[at])), len(lines))
        inside = range(begin, self.end)
        self.more = next((at for at in inside if _MORE.fullmatch(lines[at])), self.end)
        self.heads = [at for at in range(begin, self.more) if _REPLY.fullmatch(lines[at])]
        self.first_reply = self.heads[0] if self.heads else self.more
        self.byline = next((at for at in range(begin, self.first_reply) if _ASKED.fullmatch(lines[at])), None)

    def replies(self) -> list[tuple[int, int]]:
        """Give where each reply begins, with its heading, and ends."""
        return list(zip(self.heads, [*self.heads[1:], self.more], strict=True)) if self.heads else []


def _read_title(made: Draft, line: str) -> None:
    for dash in (" - ", " – ", " — ", " | "):
        title, found, specialty = line.rpartition(dash)
        if found and len(specialty) <= _LONGEST_HEADING:
            made.title, made.specialty = tidying.without_specialty(title.strip(), specialty), specialty.strip()
            if made.title != title.strip():
                made.repaired.append("title: the specialty was there twice")
            return
    made.title = line


def _read_question(made: Draft, lines: Sequence[str]) -> None:
    """Take the asker's headline, where one stands alone above the text, and the text."""
    kept = [line for line in lines if not _SHARE.fullmatch(line)]
    while kept and not kept[0]:
        kept.pop(0)
    if len(kept) > 1 and kept[0] and not kept[1] and _is_headline(kept[0]) and any(kept[1:]):
        made.question, kept = kept[0], kept[1:]
    if not any(kept) and made.question:
        kept = [made.question]
    made.text = _mended(made, "question", kept)


def _is_headline(line: str) -> bool:
    return len(line) <= _LONGEST_HEADLINE and not line.endswith((".", "。"))


def _line_above(lines: Sequence[str], byline: int, begin: int) -> int | None:
    """Give the line that tells of the asker where the line with the date does not."""
    if _told_by(lines[byline])[0]:
        return None
    at = next((at for at in range(byline - 1, begin - 1, -1) if lines[at]), None)
    asker = _ASKER.fullmatch(lines[at].rstrip(".。")) if at is not None and len(lines[at]) <= _LONGEST_HEADING else None
    return at if asker and (asker["age"] or asker["sex"]) else None


def _told_by(byline: str) -> tuple[str, str]:
    """Give the words for the asker, and the day, of a line that tells when something was asked."""
    found = _ASKED.fullmatch(byline)
    if found is None:
        return "", ""
    return (found["who"] or found["who2"] or "").strip().rstrip(".。"), tidying.day(found["date"] or found["date2"])


def _read_byline(made: Draft, line: str, above: str) -> None:
    """Take who asked, and when; the asker may stand on the line above."""
    told_here, made.asked = _told_by(line)
    who = told_here or above.rstrip(".。")
    asker = _ASKER.fullmatch(who)
    if not who or asker is None:
        return
    age = "".join((asker["age"] or "").split())
    if age and (asker["unit"] or "").lower().startswith(("mo", "個", "个")):
        age += " months"
    sex = SEXES.get((asker["sex"] or "").lower(), "")
    told = {"name": asker["name"].strip(" ,，."), "age": age, "sex": sex}
    made.asker = {key: value for key, value in told.items() if value}
    if len(told["name"]) > _LONGEST_HEADING:
        made.left.append(f"the asker could not be read from '{who}'")
        made.asker = {}


def _read_follow_ups(made: Draft, lines: Sequence[str], place: str) -> None:
    """Take what the asker wrote below the question or a reply: above a line with the date, or below a label.

    What else stands there may be anybody's, and is told.
    """
    begin = 0
    for at, line in enumerate(lines):
        if _ASKED.fullmatch(line):
            above = _line_above(lines, at, begin)
            who, asked = _told_by(line)
            who = who if above is None else lines[above].rstrip(".。")
            _read_follow_up(made, lines[begin : at if above is None else above], asked)
            asker = _ASKER.fullmatch(who)
            if who and (asker is None or asker["name"].strip(" ,，.") not in {"", made.asker.get("name", "")}):
                made.left.append(f"follow-up {len(made.follow_ups)} is signed by '{who}'")
            begin = at + 1
    rest = lines[begin:]
    if any(_FOLLOW_UP.fullmatch(line) for line in rest):
        _read_follow_up(made, rest, "")
    elif left := _told([line for line in rest if not _SHARE.fullmatch(line)]):
        made.left.append(f"below {place}: {left}")


def _read_follow_up(made: Draft, lines: Sequence[str], asked: str) -> None:
    text = [line for line in lines if not _SHARE.fullmatch(line) and not _FOLLOW_UP.fullmatch(line)]
    words = _mended(made, f"follow-up {len(made.follow_ups) + 1}", text)
    if words:
        made.turns.append(DraftFollowUp(asked=asked, text=words))
    elif asked:
        made.left.append(f"a second day on which something was asked, {asked}, without a text")


def _told(lines: Sequence[str]) -> str:
    """Say which lines are meant; "" for none that is not empty."""
    written = [line for line in lines if line]
    count = f"{len(written)} {'line' if len(written) == 1 else 'lines'}"
    return f"{count} from '{written[0][:_LONGEST_HEADING]}' on" if written else ""


def _read_reply(made: Draft, lines: Sequence[str]) -> None:
    """Take one reply: its heading, its text with the signature, its date."""
    head = _REPLY.fullmatch(lines[0])
    if head is None:
        return
    dated = next((at for at, line in enumerate(lines) if _REPLIED.fullmatch(line)), len(lines))
    found = _REPLIED.fullmatch(lines[dated]) if dated < len(lines) else None
    doctor = names.strip_honorifics(head["doctor"] or head["doctor2"])
    reply = DraftReply(
        doctor=doctor,
        specialty=(head["specialty"] or head["specialty2"] or "").strip(),
        replied=tidying.day(found["date"]) if found else "",
        text=_mended(made, f"reply {len(made.replies) + 1}", lines[1:dated]),
    )
    reply.hospital = _hospital(reply.text, doctor)
    if not reply.hospital:
        made.left.append(f"no hospital stands in the signature of {doctor}")
    made.turns.append(reply)
    if not found:
        made.left.append(f"the reply of {doctor} has no date")
    if any(_ASKED.fullmatch(line) for line in lines[1:dated]):
        made.left.append(f"words of an asker stand in the reply of {doctor}: part them by hand")
    _read_follow_ups(made, lines[dated + 1 :], f"the reply of {doctor}")


def _hospital(text: str, doctor: str) -> str:
    """Find the hospital in a signature: on one line with the doctor's name, before or behind it, or on the next."""
    last = [line for line in text.split("\n") if line.strip()][-2:]
    spelled = r"\s+".join(map(re.escape, doctor.split()))
    name = rf"(?:Dr\b\.?\s*)?{spelled}(?:\s*{_DOCTOR})?"
    part = r"(?:[^,，.。!?]|\bSt\.)*"
    behind = rf"(?:.*\s)?{name}\s*[,，、/|–-]\s*(.+)"
    before = rf"(?:.*[,，.。!?])?\s*({part}(?:{_INSTITUTION.pattern}){part})[,，、/|–-]?\s*{name}"
    for line in reversed(last):
        for pattern in (behind, before):
            found = re.fullmatch(pattern, line.strip().rstrip("."), re.IGNORECASE)
            if found and _is_hospital(found[1]):
                return found[1].strip(" ,，")
    signed = len(last) > 1 and re.fullmatch(name, last[0].strip().rstrip(".,，"), re.IGNORECASE)
    return last[1].strip() if signed and _is_hospital(last[1]) else ""


def _is_hospital(text: str) -> bool:
    return len(text) <= _LONGEST_HOSPITAL and bool(_INSTITUTION.search(text))


def _more_info(made: Draft, lines: Sequence[str]) -> str:
    """Take the background text: its headings get their marks, its bullets become lists."""
    if any(_ASKED.fullmatch(line) or _REPLY.fullmatch(line) for line in lines):
        made.left.append("what looks like a question or reply stands in More Info: part it by hand")
    marked: list[str] = []
    for at, line in enumerate(lines):
        above = lines[at - 1] if at else ""
        if not above and _is_heading(line, lines[at + 1 :]):
            marked.append(f"\0{line}")
        else:
            marked.append(re.sub(r"^•\s*", "- ", line))
    text = _mended(made, "More Info", marked)
    return re.sub(r"(?m)^\0(.*)$", r"\n### \1\n", text) if "\0" in text else text


def _is_heading(line: str, below: Sequence[str]) -> bool:
    """Tell a heading by its look: short, no sentence, words in capitals, text below it."""
    if not line or line.endswith(_STOPS) or _LIST.match(line) or not any(below):
        return False
    words = re.findall(r"[^\W\d_]+", line)
    if words and not any(one.isascii() for one in words):
        return len(line) <= _CJK_HEADING and not re.search(r"[，。；]", line)
    long = [word for word in words if len(word) > len("with")] or words
    capitals = sum(1 for word in long if word[0].isupper())
    short = len(line) <= _LONGEST_HEADING and len(words) <= _WORDS_OF_HEADING
    return bool(words) and short and words[0][0].isupper() and 2 * capitals > len(long)


def _mended(made: Draft, part: str, lines: Sequence[str]) -> str:
    """Give plain lines as Markdown, what was torn joined; the mending is told."""
    headings = {number for number, line in enumerate(lines) if line.startswith("\0")}
    escaped = as_markdown("\n".join(line.lstrip("\0") for line in lines)).split("\n")
    text = "\n".join(f"\0{line}" if number in headings else line for number, line in enumerate(escaped)).strip("\n")
    tidy = tidying.tidy_text(text).rstrip("\n")
    torn = sum(map(bool, text.split("\n"))) - sum(map(bool, tidy.split("\n")))
    if torn:
        made.repaired.append(f"{part}: {torn} torn {'line' if torn == 1 else 'lines'} joined")
    return tidy


def _settle_specialty(made: Draft) -> None:
    """Let the thread have its replies' specialty where it has none, and no reply say what the thread says."""
    made.specialty = made.specialty or next((reply.specialty for reply in made.replies if reply.specialty), "")
    for reply in made.replies:
        if names.key(reply.specialty) == names.key(made.specialty):
            reply.specialty = ""
