namespace SecretsBroker.Engines.Contract;

/// <param name="Name">What is kept, for people.</param>
/// <param name="RunAsync">Shows it, or ends with a <see cref="ContractViolationException"/>.</param>
internal sealed record ContractCase(string Name, Func<ContractSubject, ICredentialEngine, CancellationToken, Task> RunAsync);
