"""Tables of the index, of the talk, and of teaching."""

from agents.models.care import CarePlan, Plea
from agents.models.index import Chunk, Embedding, Posting, Vector
from agents.models.learning import Ladder, Mastery, Skill, Try, Worked
from agents.models.money import Charge, Endpoint, Limit, Tally
from agents.models.quality import Evaluation
from agents.models.talk import Attachment, Conversation, Feedback, Message
from agents.models.teaching import Activity, Guidance, Secret, Sitting, Switch, Way

__all__ = [
    "Activity",
    "Attachment",
    "CarePlan",
    "Charge",
    "Chunk",
    "Conversation",
    "Embedding",
    "Endpoint",
    "Evaluation",
    "Feedback",
    "Guidance",
    "Ladder",
    "Limit",
    "Mastery",
    "Message",
    "Plea",
    "Posting",
    "Secret",
    "Sitting",
    "Skill",
    "Switch",
    "Tally",
    "Try",
    "Vector",
    "Way",
    "Worked",
]
