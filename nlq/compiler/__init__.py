"""Request + visible catalog -> prompt -> draft -> (mend, repair) -> plan. The model is not trusted."""

from nlq.compiler.compile import Asked, compile_query
from nlq.compiler.declared import Declared
from nlq.compiler.intake import Request, intake
from nlq.compiler.prompts import Prompts, load_prompts

__all__ = ["Asked", "Declared", "Prompts", "Request", "compile_query", "intake", "load_prompts"]
