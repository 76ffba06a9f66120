namespace SecretsBroker.Policy.Cedar;

/// <summary>Thrown by <see cref="CedarResult{T}.OrThrow"/>; carries every fault that was found.</summary>
public sealed class CedarException(IReadOnlyList<CedarError> errors) : Exception(string.Join(Environment.NewLine, errors))
{
    public IReadOnlyList<CedarError> Errors { get; } = errors;
}
