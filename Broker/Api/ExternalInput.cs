using System.Text;
using SecretsBroker.Engines;

namespace SecretsBroker.Api;

/// <summary>Checks what a caller sends for an external engine: its sizes and its names. What it means, only the engine knows.</summary>
internal static class ExternalInput
{
    private const int MaxValues = 16;
    private const int MaxValueBytes = 4 * 1024;
    private const int MaxBytes = 16 * 1024;

    public static CredentialInput.External Read(string field, IReadOnlyDictionary<string, string> input)
    {
        if (input.Count > MaxValues)
        {
            throw Errors.Invalid(field, $"must have at most {MaxValues} values");
        }

        if (!input.Keys.All(FieldName.IsValid))
        {
            throw Errors.Invalid(field, $"must have names of {FieldName.Rule}");
        }

        if (input.Values.Any(value => Encoding.UTF8.GetByteCount(value) > MaxValueBytes || value.Contains('\0'))
            || input.Sum(value => value.Key.Length + Encoding.UTF8.GetByteCount(value.Value)) > MaxBytes)
        {
            throw Errors.Invalid(field, $"must have values of at most {MaxValueBytes} bytes without NUL, {MaxBytes} bytes together");
        }

        // In one order, whichever they came in: they are hashed into what an approver sees.
        return new CredentialInput.External(new SortedDictionary<string, string>(input.ToDictionary(), StringComparer.Ordinal));
    }
}
