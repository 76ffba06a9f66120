using System.Diagnostics.CodeAnalysis;

namespace SecretsBroker.Policy.Cedar;

/// <summary>Either what was read, or every fault that kept it from being read.</summary>
public sealed class CedarResult<T>
    where T : class
{
    internal CedarResult(T value) => Value = value;

    internal CedarResult(IReadOnlyList<CedarError> errors) => Errors = errors;

    public T? Value { get; }

    public IReadOnlyList<CedarError> Errors { get; } = [];

    [MemberNotNullWhen(true, nameof(Value))]
    public bool IsSuccess => Value is not null;

    /// <exception cref="CedarException">The input was faulty.</exception>
    public T OrThrow() => Value ?? throw new CedarException(Errors);
}
