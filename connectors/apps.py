from django.apps import AppConfig


class ConnectorsConfig(AppConfig):
    name = "connectors"

    def ready(self) -> None:
        from connectors import registry, renewing

        renewing.oauth_of = registry.oauth
