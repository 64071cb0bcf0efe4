from django.apps import AppConfig


class LmsdmConfig(AppConfig):
    name = "tutorai.lmsdm"
    label = "lmsdm"
