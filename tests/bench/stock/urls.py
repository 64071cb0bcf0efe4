from django.urls import path

from tests.bench.stock import views

urlpatterns = [
    path("lti/login", views.login),
    path("lti/launch", views.launch),
    path("lti/jwks", views.jwks),
    path("me", views.me),
]
