"""A secret of this app's scheduler, workers and pages, so that they take work from nobody else.

Dask runs what it is sent, and any account of a machine reaches its ports. So each process shows a
certificate that only this app can sign, and its key never leaves the processes that share it.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distributed import Security

# Wide: a clock that is set while the app runs must not lock out a worker that starts anew. The
# secret ends with its processes anyway.
VALID = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
ROLES = ("client", "scheduler", "worker")


@dataclass(frozen=True)
class Credentials:
    """What each process shows: a certificate that vouches for itself, and its key (PEM)."""

    certificate: str
    key: str = field(repr=False)

    def security(self) -> "Security":
        """As Dask takes them."""
        # Here: a page that names workers loads no Dask.
        from distributed import Security

        shown = {f"tls_{role}_cert": self.certificate for role in ROLES}
        keys = {f"tls_{role}_key": self.key for role in ROLES}
        return Security(require_encryption=True, tls_ca_file=self.certificate, **shown, **keys)

    def variables(self) -> dict[str, str]:
        """The environment of a Dask process that is to use these credentials.

        Not its command line, which every account of the machine may read. Dask's own web pages,
        which ask for no certificate, are left out.
        """
        tls = "DASK_DISTRIBUTED__COMM__TLS__"
        shown = {f"{tls}{role.upper()}__CERT": self.certificate for role in ROLES}
        keys = {f"{tls}{role.upper()}__KEY": self.key for role in ROLES}
        return {
            "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True",
            f"{tls}CA_FILE": self.certificate,
            **shown,
            **keys,
            "DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES": "[]",
            "DASK_DISTRIBUTED__WORKER__HTTP__ROUTES": "[]",
        }


def new_credentials() -> Credentials:
    """Those for one scheduler, made now and kept in memory.

    As Dask's ``Security.temporary`` does, whose certificate begins this second and whose key takes
    longer.
    """
    # Here: the scheduler and the workers, who only show what was made, spare 10 MB.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

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
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Credentials(
        certificate.public_bytes(serialization.Encoding.PEM).decode(), secret.decode()
    )
