namespace SecretsBroker.Introspection;

/// <summary>A workload that is a resource server asks oftener than any workload may call.</summary>
internal sealed class TooManyCallsException() : Exception("the workload calls oftener than it may");
