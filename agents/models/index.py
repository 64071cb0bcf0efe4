"""What the index holds: chunks of course text, their terms, and their vectors.

A vector belongs to one generation (the embedder's model id), and vectors of two generations are
never compared.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from pgvector.django import VectorField

from tutorai.ids import new_id
from tutorai.lmsdm.models import ContentItem, Course, Institution


class Chunk(models.Model):
    """A piece of one content item, small enough to quote."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="+", db_index=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="+", db_index=False)
    item = models.ForeignKey(ContentItem, models.CASCADE, related_name="chunks", db_index=False)
    position = models.PositiveIntegerField()  # in the item
    title = models.TextField(blank=True)  # the item's, when this was read
    headings = ArrayField(models.TextField(), default=list)  # outermost first
    anchor = models.TextField(blank=True)  # what the item's URL needs to open the place
    text = models.TextField()
    sha256 = models.CharField(max_length=64)  # of what is embedded: title, headings and text
    language = models.CharField(max_length=8, blank=True)  # its terms are stemmed for it
    length = models.PositiveIntegerField()  # terms

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "position"], name="one_chunk_a_position")
        ]
        indexes = [
            models.Index(
                fields=["course", "item"],
                include=["length", "language"],
                name="idx_chunks_course",
            )
        ]

    def __str__(self) -> str:
        return f"{self.item_id}:{self.position}"


class Posting(models.Model):
    """One term of one chunk. Course and item stand beside it so that a search joins little."""

    pk = models.CompositePrimaryKey("chunk_id", "term")
    chunk = models.ForeignKey(Chunk, models.CASCADE, related_name="postings", db_index=False)
    term = models.TextField()
    course_id = models.UUIDField()
    item_id = models.UUIDField()
    weight = models.FloatField()  # how often it stands there; in a title or heading it counts more
    length = models.PositiveIntegerField()  # the chunk's

    class Meta:
        indexes = [
            models.Index(
                fields=["course_id", "term"],
                include=["chunk_id", "item_id", "weight", "length"],
                name="idx_postings_term",
            )
        ]

    def __str__(self) -> str:
        return self.term


class Vector(models.Model):
    """Where one chunk lies in the space of one model."""

    pk = models.CompositePrimaryKey("chunk_id", "generation")
    chunk = models.ForeignKey(Chunk, models.CASCADE, related_name="vectors", db_index=False)
    generation = models.TextField()
    course_id = models.UUIDField()
    item_id = models.UUIDField()
    embedding = VectorField()  # unit length; dimensions are the generation's

    class Meta:
        # A course is searched exactly, row by row: an approximate index loses hits once filtered.
        indexes = [models.Index(fields=["course_id", "generation"], name="idx_vectors_course")]

    def __str__(self) -> str:
        return self.generation


class Embedding(models.Model):
    """What a model once made of a text; asked again, it is not computed again."""

    pk = models.CompositePrimaryKey("generation", "sha256")
    generation = models.TextField()
    sha256 = models.CharField(max_length=64)
    embedding = VectorField()
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.generation}:{self.sha256}"
