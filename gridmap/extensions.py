"""Instances of the libraries, bound to the application in create_app()."""

from flask_login import LoginManager
from flask_talisman import Talisman
from flask_wtf import CSRFProtect

csrf = CSRFProtect()
login_manager = LoginManager()
talisman = Talisman()
