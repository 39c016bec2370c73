"""The pages of single threads."""

from datetime import date

from medqa import pages
from medqa.documents import FollowUp, Reply, Thread
from medqa.fields import Name
from medqa.pages import FollowUpBlock, GonePage, Link, ReplyBlock, ThreadPage
from medqa.plan.desk import Desk


def thread(desk: Desk, stem: str) -> ThreadPage:
    """Plan a thread's page."""
    archive, one = desk.archive, desk.archive.threads[stem]
    lang, key = desk.lang(one), f"threads/{stem}"
    specialty = desk.specialty(one)
    seen_last = max((day for day in (one.reviewed_on, *(reply.replied for reply in one.replies)) if day), default=None)
    newer, older = _beside(desk, specialty.key, stem, lang)
    duplicate_of = _other(desk, one.duplicate_of, lang)
    return ThreadPage(
        url=f"/{key}/",
        lang=lang,
        title=one.title,
        description=desk.description(one.question_excerpt),
        crumbs=desk.crumbs(desk.section("specialties", lang), desk.entity(specialty, lang), language=lang),
        noindex=one.noindex or _hidden(desk, one),
        canonical=duplicate_of.url if duplicate_of else "",
        links=archive.links.get(key, ()),
        shows=key,
        draft=_hidden(desk, one),
        headline="" if one.question == one.title else one.question,
        specialty=desk.entity(specialty, lang),
        asker=one.asker,
        asked=one.asked,
        asks=one.asks,
        question=one.question_text,
        turns=_turns(desk, one, lang),
        urgent=one.urgent,
        superseded_by=_other(desk, one.superseded_by, lang),
        duplicate_of=duplicate_of,
        translations=tuple(desk.thread_link(other, lang) for other in archive.translations.get(stem, ())),
        translated_by=one.translated_by,
        reviewed_by=_reviewer(desk, one, lang),
        reviewed_on=one.reviewed_on,
        age_years=_years(seen_last, archive.options.as_of) if seen_last else 0,
        review_due=_review_due(
            specialty.record.review_months if specialty.record else 0, seen_last, archive.options.as_of
        ),
        more_info=one.more_info,
        more_info_by=one.more_info_by,
        references=one.references,
        related=desk.cards(desk.neighbours.get(stem, ())),
        faq=_faq(desk, one, specialty.slug, lang),
        newer=newer,
        older=older,
    )


def gone(desk: Desk, stem: str) -> GonePage:
    """Plan what stands in place of a withdrawn or expired thread."""
    lang = desk.lang(desk.archive.threads[stem])
    crumbs = desk.crumbs(language=lang)
    return GonePage(url=f"/threads/{stem}/", lang=lang, title=desk.say("gone", lang), crumbs=crumbs, noindex=True)


def _hidden(desk: Desk, one: Thread) -> bool:
    """Tell whether only previews show the thread."""
    return one.status != "published" or bool(one.publish_on and one.publish_on > desk.archive.options.as_of)


def _turns(desk: Desk, one: Thread, lang: str) -> tuple[ReplyBlock | FollowUpBlock, ...]:
    blocks: list[ReplyBlock | FollowUpBlock] = []
    count = {Reply: 0, FollowUp: 0}
    for turn in one.turns:
        count[type(turn)] += 1
        number = count[type(turn)]
        if isinstance(turn, Reply):
            blocks.append(_reply(desk, one, turn, number, lang))
        else:
            blocks.append(FollowUpBlock(number, turn.asked, turn.text))
    return tuple(blocks)


def _reply(desk: Desk, one: Thread, reply: Reply, number: int, lang: str) -> ReplyBlock:
    known = desk.archive.directories
    hospital = desk.archive.hospital(reply)
    specialty = known.specialties.find(reply.specialty) or desk.specialty(one)
    return ReplyBlock(
        number=number,
        doctor=desk.named(known.doctors.find(reply.doctor), reply.doctor),
        specialty=desk.entity(specialty, lang),
        hospital=desk.named(known.hospitals.find(hospital), hospital) if hospital else None,
        replied=reply.replied,
        text=reply.text,
        corrections=tuple(
            pages.Correction(change.on, change.by, change.why) for change in one.corrections if change.reply == number
        ),
    )


def _other(desk: Desk, reference: Name | None, lang: str) -> Link | None:
    stem = desk.archive.target(reference)
    return desk.thread_link(stem, lang) if stem else None


def _reviewer(desk: Desk, one: Thread, lang: str) -> str:
    """Give the reviewer's name: a doctor's with the honorific, any other as written."""
    if one.reviewed_by is None:
        return ""
    doctor = desk.archive.directories.doctors.find(one.reviewed_by)
    return (
        desk.say("doctor_name", lang, name=desk.named(doctor, one.reviewed_by).text) if doctor else one.reviewed_by.text
    )


def _faq(desk: Desk, one: Thread, specialty: str, lang: str) -> tuple[Link, ...]:
    """Give the FAQ pages of the thread's topics in its specialty."""
    topics = filter(None, map(desk.archive.directories.topics.find, one.topics))
    keys = dict.fromkeys(f"faq/{specialty}/{topic.slug}" for topic in topics)
    return tuple(desk.topic_link(key, lang) for key in keys if key in desk.archive.lists)


def _beside(desk: Desk, key: str, stem: str, lang: str) -> tuple[Link | None, Link | None]:
    """Give the next newer and the next older thread of the specialty."""
    at = desk.positions(key).get(stem)
    if at is None:
        return None, None
    stems = desk.archive.lists[key]
    newer = desk.thread_link(stems[at + 1], lang) if at + 1 < len(stems) else None
    return newer, desk.thread_link(stems[at - 1], lang) if at else None


def _years(start: date, end: date) -> int:
    """Give the whole years between two days, 0 where the end is not after the start."""
    return max(0, end.year - start.year - ((end.month, end.day) < (start.month, start.day)))


def _review_due(months: int, seen_last: date | None, as_of: date) -> bool:
    """Tell whether so many months have passed since the last reply or review; 0 months: never."""
    if not months or seen_last is None:
        return False
    passed = (as_of.year - seen_last.year) * 12 + as_of.month - seen_last.month - (as_of.day < seen_last.day)
    return passed >= months
