"""Requests as GeoJSON with Django REST framework and drf-gis: what a team would write in an afternoon."""

import os
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings

_url = urlsplit(os.environ["DATABASE_URL"])
settings.configure(
    ALLOWED_HOSTS=["*"],
    SECRET_KEY="bench",
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.gis", "rest_framework", "rest_framework_gis"],
    USE_TZ=True,
    DATABASES={
        "default": {
            "ENGINE": "django.contrib.gis.db.backends.postgis",
            "NAME": _url.path[1:],
            "USER": "postgres",
            "HOST": parse_qs(_url.query)["host"][0],
            "PORT": "5432",
            "CONN_MAX_AGE": None,
        }
    },
    REST_FRAMEWORK={
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "UNAUTHENTICATED_USER": None,
    },
)
django.setup()

from django.contrib.gis.db import models  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework.generics import ListAPIView, RetrieveAPIView  # noqa: E402
from rest_framework.pagination import LimitOffsetPagination  # noqa: E402
from rest_framework_gis.serializers import GeoFeatureModelSerializer  # noqa: E402


class Request(models.Model):
    id = models.BigIntegerField(primary_key=True)
    service_code = models.TextField()
    status = models.TextField()
    status_notes = models.TextField(null=True)
    description = models.TextField()
    agency_responsible = models.TextField(null=True)
    requested_datetime = models.DateTimeField()
    updated_datetime = models.DateTimeField()
    expected_datetime = models.DateTimeField(null=True)
    address = models.TextField()
    address_id = models.TextField(null=True)
    zipcode = models.TextField(null=True)
    media_url = models.TextField(null=True)
    geom = models.PointField()

    class Meta:
        app_label = "bench"
        managed = False
        db_table = '"peer"."request"'


class RequestSerializer(GeoFeatureModelSerializer):
    class Meta:
        model = Request
        geo_field = "geom"
        fields = "__all__"


class Pages(LimitOffsetPagination):
    """Without a count over the table, which would be most of the work."""

    default_limit = 100
    max_limit = 1000

    def get_count(self, queryset):
        return 10_000


class Requests(ListAPIView):
    queryset = Request.objects.order_by("-requested_datetime", "-id")
    serializer_class = RequestSerializer
    pagination_class = Pages


class OneRequest(RetrieveAPIView):
    queryset = Request.objects.all()
    serializer_class = RequestSerializer


urlpatterns = [path("requests", Requests.as_view()), path("requests/<int:pk>", OneRequest.as_view())]


def application():
    return get_wsgi_application()
