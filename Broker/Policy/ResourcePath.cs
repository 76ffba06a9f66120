namespace SecretsBroker.Policy;

/// <summary>Resources are paths: <c>orders/invoices</c> stands below <c>orders</c>.</summary>
internal static class ResourcePath
{
    /// <summary>What a resource stands below: each shorter path, the shortest first.</summary>
    public static IEnumerable<string> Above(string resource)
    {
        for (var end = resource.IndexOf('/'); end >= 0; end = resource.IndexOf('/', end + 1))
        {
            yield return resource[..end];
        }
    }
}
