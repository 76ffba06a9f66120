using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace SecretsBroker.Engines.X509;

/// <summary>
/// The certificate extension that says what the certificate was issued for, so that a target can hold the caller to it:
/// <code>
/// id-secretsbroker-intendedUse OBJECT IDENTIFIER ::= { 2 25 248570083129860804884671739816162682519 1 }
/// IntendedUse ::= SEQUENCE { action UTF8String, resource UTF8String }
/// </code>
/// Never critical: verifiers that do not know it must be able to accept the certificate. The arc is a UUID's
/// (ITU-T X.667), bb00db4c-9e73-456b-bd28-214b7bace697.
/// </summary>
internal static class IntendedUse
{
    public const string Oid = "2.25.248570083129860804884671739816162682519.1";

    public static X509Extension Create(string action, string resource)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteCharacterString(UniversalTagNumber.UTF8String, action);
            writer.WriteCharacterString(UniversalTagNumber.UTF8String, resource);
        }

        return new X509Extension(Oid, writer.Encode(), critical: false);
    }
}
