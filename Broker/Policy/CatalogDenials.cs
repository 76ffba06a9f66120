namespace SecretsBroker.Policy;

/// <summary>What is denied without asking a policy, in words that a caller may read.</summary>
internal static class CatalogDenials
{
    public const string UnknownGrant = "no grant serves this action on this resource";

    public const string ToolNotAllowed = "the grant does not allow this tool";
}
