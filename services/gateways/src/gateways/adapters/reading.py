"""How answers to questions are read, whatever the software: in the shape that its vendor documents, or why not."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from gateways.adapters.http import Answer
from gateways.adapters.transport import NoAnswer
from gateways.domain.judgement import Answered, judge_read, own_words
from gateways.domain.outcome import CouldNotAsk, Exchange, NotAnswered
from qontable.bilingual import Bilingual
from qontable.sheet import Sheet

T = TypeVar("T")
RefusalIn = Callable[[Answer], Answered | None]
"""Code and words of an answer that refuses; nothing for any other."""


def by_status(read: Callable[[Answer], Answered]) -> RefusalIn:
    """Of a software that never refuses with the status of a success."""
    return lambda answer: None if answer.is_success else read(answer)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads what one software answers to questions."""

    sheet: Sheet
    refusal_in: RefusalIn

    async def answered(self, asking: Awaitable[Answer]) -> Answer:
        """What came, whatever it is. Raises `NotAnswered` when nothing did."""
        try:
            return await asking
        except NoAnswer as error:
            raise NotAnswered(CouldNotAsk(exchange=Exchange(), message=error.message)) from None

    def read(self, shape: TypeAdapter[T], answer: Answer) -> T:
        """A success in this shape. Raises `NotAnswered` for a refusal and for anything that is not of the shape."""
        self.refuse(answer)
        try:
            return shape.validate_json(answer.body)
        except ValidationError:
            raise NotAnswered(self.undocumented(answer)) from None

    def refuse(self, answer: Answer) -> None:
        """Raises `NotAnswered` for an answer that is a refusal."""
        if refusal := self.refusal_in(answer):
            raise NotAnswered(judge_read(self.sheet, refusal))

    def undocumented(self, answer: Answer) -> CouldNotAsk:
        """A success that is of no shape we know."""
        said: Bilingual = {
            "fr": f"La réponse n'est pas celle que {self.sheet.name} documente.",
            "en": f"The answer is not what {self.sheet.name} documents.",
        }
        return self.unclear(said, answer)

    def unclear(self, said: Bilingual, answer: Answer | None = None) -> CouldNotAsk:
        """A question whose answer does not say what was asked."""
        exchange = answer.exchange() if answer else Exchange()
        return CouldNotAsk(exchange=exchange, message=own_words(self.sheet, "answer_unclear", said))
