using SecretsBroker.Policy.Cedar.Schemas;

namespace SecretsBroker.Policy.Cedar.Validation;

/// <summary>One combination of action and types that a request can have; for templates also of the types in the slots.</summary>
internal sealed record RequestEnvironment(
    SchemaAction Action,
    string Principal,
    string Resource,
    string? PrincipalSlot,
    string? ResourceSlot);
