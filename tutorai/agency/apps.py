from django.apps import AppConfig, apps


class AgencyConfig(AppConfig):
    name = "tutorai.agency"
    label = "agency"

    def ready(self) -> None:
        """Take the toolkit's pages off the staff site: people's tokens are not its business."""
        from django.contrib import admin

        ours = [self.get_models(), apps.get_app_config("oauth2_provider").get_models()]
        for model in (model for models in ours for model in models):
            if admin.site.is_registered(model):
                admin.site.unregister(model)
