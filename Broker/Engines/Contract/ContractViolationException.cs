using System.Diagnostics.CodeAnalysis;

namespace SecretsBroker.Engines.Contract;

/// <summary>An engine does not keep the contract. The message says what it did; it never holds a secret.</summary>
internal sealed class ContractViolationException(string message) : Exception(message)
{
    /// <exception cref="ContractViolationException">It is not so.</exception>
    public static void Unless([DoesNotReturnIf(false)] bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new ContractViolationException(otherwise);
        }
    }
}
