import subprocess
import sys


def test_importing_the_room_imports_no_heavy_engine() -> None:
    code = (
        "import sys, saliencekit.models\n"
        "print(sorted({'torchvision', 'timm', 'safetensors', 'PIL', 'skimage', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
