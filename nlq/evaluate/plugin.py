"""A pytest plugin: the cases of suites as tests of a user's own run.

`pytest evals/shop.toml` collects that suite; `nlq_suites` in the configuration, all that match. Nothing of
`nlq` is imported unless there is a suite.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from nlq.evaluate.bench import Bench, Runner
    from nlq.evaluate.suite import Case

MARK = "nlq_eval"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare what can be configured."""
    parser.addini("nlq_suites", "suites of questions to run as tests (globs)", type="args", default=[])
    parser.addini("nlq_model", "the model that suites are asked of, else that of the settings", default="")
    parser.addini("nlq_variants", "databases with other data that right answers must pass", default="0")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark."""
    config.addinivalue_line("markers", f"{MARK}: a case of an nlq suite; asks a language model")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The file as a suite, if it was named on the command line or matches `nlq_suites`."""
    if file_path.suffix != ".toml":
        return None
    named = parent.session.isinitpath(file_path)
    if not named and not any(file_path.match(glob) for glob in parent.config.getini("nlq_suites")):
        return None
    return SuiteFile.from_parent(parent, path=file_path)


class SuiteFile(pytest.File):
    """A suite. Its databases and its model are opened by the first case that is run."""

    def collect(self) -> Iterable[pytest.Item]:
        """A test for each case."""
        from nlq.errors import NlqError
        from nlq.evaluate.read import load_suite

        try:
            self.suite = load_suite(self.path)
        except NlqError as error:
            raise self.CollectError(str(error)) from None
        for case in self.suite.cases:
            yield CaseItem.from_parent(self, name=_name(case), case=case)

    def setup(self) -> None:
        """Nothing yet: a run that deselects all cases must not open a model."""
        self._bench: Bench | None = None
        self._runner: Runner | None = None

    def runner(self) -> Runner:
        """Runs cases of this suite. Raises any `NlqError`."""
        if self._runner is None:
            self._bench = self._bench or _open_bench(self.config)
            variants = int(self.config.getini("nlq_variants"))
            self._runner = self._bench.open_runner(self.suite, variants=variants)
        return self._runner

    def teardown(self) -> None:
        """Close what was opened."""
        if self._runner is not None:
            self._runner.close()
        if self._bench is not None:
            self._bench.close()


class CaseItem(pytest.Item):
    """A case, which passes if what must hold does."""

    parent: SuiteFile

    def __init__(self, *, case: Case, **rest: object) -> None:
        """A test of `case`."""
        super().__init__(**rest)  # type: ignore[arg-type]  # pytest's own
        self.case = case
        self.add_marker(MARK)

    def runtest(self) -> None:
        """Ask, and judge."""
        outcome = self.parent.runner().run(self.case)
        self.user_properties += [("nlq_model_calls", outcome.model_calls), ("nlq_sql", outcome.sql)]
        if not outcome.score.correct:
            from nlq.evaluate.show import show_outcome

            raise WrongAnswerError(show_outcome(outcome))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        """The answer beside the gold, rather than a traceback of ours."""
        from nlq.errors import NlqError

        if isinstance(excinfo.value, (WrongAnswerError, NlqError)):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where the case is written."""
        return self.path, None, f"{self.path.name}: {self.name}"


class WrongAnswerError(Exception):
    """An answer is not what must hold; the text says how."""


def _name(case: Case) -> str:
    return f"{case.number} {case.question}"


def _open_bench(config: pytest.Config) -> Bench:
    from nlq.evaluate.bench import Bench
    from nlq.settings import load

    model = config.getini("nlq_model") or None
    return Bench(load(config.rootpath, os.environ, {"model": model}))
