"""The pages of single threads."""

from collections.abc import Collection, Iterable
from datetime import date
from itertools import chain, islice, zip_longest

from medqa import links, pages
from medqa.archive import Archive
from medqa.documents import FollowUp, Reply, Thread, months_after
from medqa.fields import Name
from medqa.pages import FollowUpBlock, GonePage, Link, ReplyBlock, ThreadPage
from medqa.plan.desk import Desk, kept
from medqa.related import term_counts

FAQ_LINKS = 6
"""FAQ pages that a thread leads to; more where it has more topics of its own."""


def thread(desk: Desk, stem: str) -> ThreadPage:
    """Plan a thread's page."""
    archive, one = desk.archive, desk.archive.thread(stem)
    lang, key = desk.lang(one), f"threads/{stem}"
    specialty = desk.specialty(one.specialty.text)
    seen_last = max((day for day in (one.reviewed_on, *(reply.replied for reply in one.replies)) if day), default=None)
    newer, older = _beside(desk, specialty.key, one, lang)
    draft = desk.listing(stem).draft
    place = archive.place(key, archive.outline(key))
    duplicate_of = _other(desk, one.duplicate_of, lang)
    return ThreadPage(
        url=f"/{key}/",
        lang=lang,
        title=one.title,
        description=desk.description(one.question_excerpt),
        crumbs=desk.specialty_crumbs(one.specialty.text, lang),
        noindex=one.noindex or draft,
        canonical=duplicate_of.url if duplicate_of else "",
        links=links.targets(archive, place, one),
        shows=key,
        draft=draft,
        headline="" if one.question == one.title else one.question,
        specialty=desk.specialty_link(one.specialty.text, lang),
        asker=one.asker,
        asked=one.asked,
        asks=one.asks,
        question=one.question_text,
        turns=_turns(desk, one, lang),
        urgent=one.urgent,
        superseded_by=_other(desk, one.superseded_by, lang),
        duplicate_of=duplicate_of,
        translations=tuple(desk.thread_link(other, lang) for other in archive.translations(stem, one.translation_of)),
        translated_by=one.translated_by,
        reviewed_by=_anybody(desk, one.reviewed_by.text, lang) if one.reviewed_by else "",
        reviewed_on=one.reviewed_on,
        age_years=_age(desk, seen_last) if seen_last else 0,
        review_due=_review_due(archive, specialty.record.review_months if specialty.record else 0, seen_last),
        more_info=one.more_info,
        more_info_by=one.more_info_by,
        references=one.references,
        related=desk.cards(archive.related(stem)),
        faq=_faq(desk, one, specialty.slug, lang),
        newer=newer,
        older=older,
    )


def gone(desk: Desk, stem: str) -> GonePage:
    """Plan what stands in place of a withdrawn or expired thread."""
    lang = desk.listing(stem).lang or desk.language
    crumbs = desk.crumbs(language=lang)
    return GonePage(url=f"/threads/{stem}/", lang=lang, title=desk.say("gone", lang), crumbs=crumbs, noindex=True)


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
    hospital = desk.archive.hospital(reply)
    return ReplyBlock(
        number=number,
        doctor=desk.named("doctors", reply.doctor.text),
        specialty=desk.specialty_link((reply.specialty or one.specialty).text, lang),
        hospital=desk.named("hospitals", hospital.text) if hospital else None,
        replied=reply.replied,
        text=reply.text,
        corrections=tuple(
            pages.Correction(change.on, _anybody(desk, change.by, lang) if change.by else "", change.why)
            for change in one.corrections
            if change.reply == number
        ),
    )


def _other(desk: Desk, reference: Name | None, lang: str) -> Link | None:
    stem = desk.archive.target(reference)
    return desk.thread_link(stem, lang) if stem else None


def _anybody(desk: Desk, name: str, lang: str) -> str:
    """Give the name of a doctor with the honorific, any other as written."""
    doctor = desk.named("doctors", name)
    return desk.say("doctor_name", lang, name=doctor.text) if doctor.key else doctor.text


def _faq(desk: Desk, one: Thread, specialty: str, lang: str) -> tuple[Link, ...]:
    """Give the FAQ pages of the thread's topics in its specialty, and then of the nearest other topics there."""
    archive = desk.archive
    own = dict.fromkeys(filter(None, (_faq_key(desk, topic.text, specialty) for topic in one.topics)))
    if own:
        others: Iterable[str | None] = chain.from_iterable(zip_longest(*map(archive.near_topics, own)))
    else:
        others = archive.topics_about(specialty, _heading(one))
    keys = dict.fromkeys(chain(own, filter(None, others)))
    return tuple(desk.topic_link(key, lang) for key in islice(keys, max(len(own), FAQ_LINKS)))


@kept
def _faq_key(desk: Desk, name: str, specialty: str) -> str:
    """Give the FAQ list of the topic that a name means in a specialty; "" where there is none."""
    topic = desk.archive.directories.topics.find(name)
    key = f"faq/{specialty}/{topic.slug}" if topic else ""
    return key if key and desk.archive.has_list(key) else ""


def _heading(one: Thread) -> Collection[str]:
    """Give the terms of a thread's headings."""
    return term_counts(title=one.title, headline=one.question, question="", replies=[], topics=[])


def _beside(desk: Desk, key: str, one: Thread, lang: str) -> tuple[Link | None, Link | None]:
    """Give the next newer and the next older thread of the specialty."""
    older, newer = desk.archive.beside(key, one.stem, one.asked)
    return desk.thread_link(newer, lang) if newer else None, desk.thread_link(older, lang) if older else None


@kept
def _age(desk: Desk, start: date) -> int:
    """Give the whole years from a day to that of the build, 0 where it is not after it."""
    archive, end = desk.archive, desk.archive.options.as_of
    years = max(0, end.year - start.year - ((end.month, end.day) < (start.month, start.day)))
    archive.reached(months_after(start, 12 * years))  # it has been, and the next has not: until one changes
    archive.reached(months_after(start, 12 * years + 12))
    return years


def _review_due(archive: Archive, months: int, seen_last: date | None) -> bool:
    """Tell whether so many months have passed since the last reply or review; 0 months: never."""
    return bool(months and seen_last and archive.reached(months_after(seen_last, months)))
