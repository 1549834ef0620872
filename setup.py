"""What pyproject.toml cannot say: the pages of docs/ go into the package, which serves them."""

from setuptools import setup
from setuptools.command.build_py import build_py


class WithDocs(build_py):
    """Copies the modules, then the pages; an editable install reads them where they are."""

    def run(self) -> None:
        """Build."""
        super().run()
        if not self.editable_mode:
            self.copy_tree("docs", f"{self.build_lib}/kwhen/service/pages/docs")


setup(cmdclass={"build_py": WithDocs})
