using SecretsBroker.Engines.Postgres;

namespace SecretsBroker.Tests.Engines.Postgres;

internal sealed class ScramVerifierTests
{
    [Test]
    public void Verifier_is_what_RFC_7677_prescribes()
    {
        // The exchange of RFC 7677 §3: password "pencil", salt and iterations as there. Its server signature and client proof follow from
        // these two keys.
        var salt = Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ==");

        Assert.That(
            ScramVerifier.Compute("pencil"u8, salt, 4096),
            Is.EqualTo("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="));
    }

    [Test]
    public void Two_verifiers_of_one_password_differ()
    {
        var first = ScramVerifier.Compute("pencil"u8, 1);
        Assert.That(ScramVerifier.Compute("pencil"u8, 1), Is.Not.EqualTo(first));
    }
}
