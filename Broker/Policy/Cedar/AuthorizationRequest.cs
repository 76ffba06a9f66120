using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar;

/// <summary>May this principal do this action to this resource, in this context?</summary>
public sealed record AuthorizationRequest(EntityUid Principal, EntityUid Action, EntityUid Resource, CedarRecord Context);
