"""The environment of a function as a typed model: lower-case fields are upper-case environment variables."""

import os
from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from courtesy.errors import RefusedInput


class FunctionSettings(BaseModel):
    """Base of every function's `Settings`. Other environment variables are ignored; missing ones are named together."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The settings that the environment gives. Raises RefusedInput with the names, never the values, of what is wrong."""
        given = {
            field: environment[field.upper()] for field in cls.model_fields if field.upper() in environment
        }
        try:
            return cls(**given)
        except ValidationError as error:
            wrong = [
                f"{str(e['loc'][0]).upper()} ({e['msg'].lower()})" for e in error.errors(include_input=False)
            ]
            raise RefusedInput(
                f"{cls.__module__}: the environment does not fit: {', '.join(sorted(wrong))}; "
                "set them in the function's feature below infra/features/"
            ) from None
