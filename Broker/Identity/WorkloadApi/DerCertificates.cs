using System.Formats.Asn1;
using SecretsBroker.Identity.Keys;

namespace SecretsBroker.Identity.WorkloadApi;

/// <summary>DER certificates one behind the other, as the Workload API sends them.</summary>
internal static class DerCertificates
{
    private const int MaxCertificates = 256;

    /// <exception cref="KeySourceException">It is something else.</exception>
    public static List<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> der)
    {
        var certificates = new List<ReadOnlyMemory<byte>>();
        try
        {
            var reader = new AsnReader(der, AsnEncodingRules.DER);
            while (reader.HasData)
            {
                certificates.Add(reader.ReadEncodedValue());
                if (certificates.Count > MaxCertificates)
                    throw new KeySourceException($"it has more than {MaxCertificates} certificates");
            }
        }
        catch (AsnContentException fault)
        {
            throw new KeySourceException("it is not a row of DER certificates", fault);
        }

        return certificates;
    }
}
