from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "tutorai.ledger"
    label = "ledger"
