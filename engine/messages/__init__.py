"""Say what crosses the pipe between the bot and an engine, and the resolution of requests that both sides share.

Only the standard library is imported here: the bot imports these modules, and must never load torch. Pictures cross
as encoded bytes. Nothing assumes a shared disk: a checkpoint travels as bytes.

The bot sends :class:`StartRun`, :class:`StopRun`, :class:`CancelRun`, :class:`Describe` and :class:`Shutdown`. The
engine answers with one :class:`Ready`. Each run then has one :class:`RunStarted`, any number of :class:`Progress` and
:class:`Checkpointed`, and exactly one of :class:`RunFinished`, :class:`RunCancelled` and :class:`RunFailed`. Each
:class:`Describe` has one :class:`Described` or :class:`DescribeFailed`.
"""

from engine.messages.pipe import Answer as Answer
from engine.messages.pipe import CancelRun as CancelRun
from engine.messages.pipe import Checkpointed as Checkpointed
from engine.messages.pipe import Command as Command
from engine.messages.pipe import Describe as Describe
from engine.messages.pipe import Described as Described
from engine.messages.pipe import DescribeFailed as DescribeFailed
from engine.messages.pipe import Description as Description
from engine.messages.pipe import Event as Event
from engine.messages.pipe import Failure as Failure
from engine.messages.pipe import Film as Film
from engine.messages.pipe import PhraseKind as PhraseKind
from engine.messages.pipe import Progress as Progress
from engine.messages.pipe import Ready as Ready
from engine.messages.pipe import RunCancelled as RunCancelled
from engine.messages.pipe import RunEvent as RunEvent
from engine.messages.pipe import RunFailed as RunFailed
from engine.messages.pipe import RunFinished as RunFinished
from engine.messages.pipe import RunStarted as RunStarted
from engine.messages.pipe import Shutdown as Shutdown
from engine.messages.pipe import StartRun as StartRun
from engine.messages.pipe import StopRun as StopRun
from engine.messages.prompts import Phase as Phase
from engine.messages.prompts import Prompt as Prompt
from engine.messages.prompts import PromptError as PromptError
from engine.messages.prompts import parse_prompts as parse_prompts
from engine.messages.prompts import parse_story as parse_story
from engine.messages.prompts import split_words as split_words
from engine.messages.saved import Saved as Saved
from engine.messages.saved import is_saved as is_saved
from engine.messages.spec import MOST_SEED as MOST_SEED
from engine.messages.spec import SEEDS as SEEDS
from engine.messages.spec import BundleInfo as BundleInfo
from engine.messages.spec import Precision as Precision
from engine.messages.spec import Preset as Preset
from engine.messages.spec import Spec as Spec
from engine.messages.spec import SpecError as SpecError
from engine.messages.spec import Vocabulary as Vocabulary
from engine.messages.spec import check as check
from engine.messages.spec import defaults as defaults
from engine.messages.spec import settings as settings
