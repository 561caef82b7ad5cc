"""A secret of this app's scheduler, workers and pages, so that they take work from nobody else.

Dask runs what it is sent, and any account of a machine reaches its ports. So each process shows a
certificate that only this app can sign, and its key never leaves the processes that share it.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from distributed import Security

# Wide: a clock that is set while the app runs must not lock out a worker that starts anew. The
# secret ends with its processes anyway.
VALID = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
ROLES = ("client", "scheduler", "worker")


def new_security() -> "Security":
    """Credentials for one scheduler, made now and kept in memory.

    As ``Security.temporary`` does, whose certificate begins this second and whose key takes longer.
    """
    # Here: a page that names workers loads no Dask, and the scheduler and the workers, who only
    # show what was made, spare 10 MB.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from distributed import Security

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mnist-lab")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(VALID[0])
        .not_valid_after(VALID[1])
        .sign(key, hashes.SHA256())
    )
    shown = certificate.public_bytes(serialization.Encoding.PEM).decode()
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    files = {
        f"tls_{role}_{part}": text
        for role in ROLES
        for part, text in (("cert", shown), ("key", secret))
    }
    return Security(require_encryption=True, tls_ca_file=shown, **files)


def variables(security: Any) -> dict[str, str]:
    """The environment of a Dask process that is to use these credentials.

    Not its command line, which every account of the machine may read. Dask's own web pages, which
    ask for no certificate, are left out.
    """
    tls = "DASK_DISTRIBUTED__COMM__TLS__"
    keys = {
        f"{tls}{role.upper()}__{part.upper()}": getattr(security, f"tls_{role}_{part}")
        for role in ROLES
        for part in ("cert", "key")
    }
    return {
        "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True",
        f"{tls}CA_FILE": security.tls_ca_file,
        **keys,
        "DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES": "[]",
        "DASK_DISTRIBUTED__WORKER__HTTP__ROUTES": "[]",
    }
