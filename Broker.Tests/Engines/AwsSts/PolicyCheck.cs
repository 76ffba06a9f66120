using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SecretsBroker.Tests.Engines.AwsSts;

/// <summary>Whether a policy of IAM's says something of a request, as far as actions, resources and these conditions go.</summary>
internal static class PolicyCheck
{
    /// <param name="document">A policy.</param>
    /// <param name="effect"><c>Allow</c> or <c>Deny</c>.</param>
    /// <param name="action">What is done.</param>
    /// <param name="resource">To what.</param>
    /// <param name="context">The condition keys of the request.</param>
    public static bool Says(string document, string effect, string action, string resource, IReadOnlyDictionary<string, string> context)
    {
        using var policy = JsonDocument.Parse(document);
        return policy.RootElement.GetProperty("Version").GetString() == "2012-10-17"
            && policy.RootElement.GetProperty("Statement").EnumerateArray().Any(statement =>
                statement.GetProperty("Effect").GetString() == effect
                && Texts(statement.GetProperty("Action")).Any(pattern => Matches(pattern, action))
                && Texts(statement.GetProperty("Resource")).Any(pattern => Matches(pattern, resource))
                && statement.GetProperty("Condition").EnumerateObject().All(condition => Holds(condition, context)));
    }

    private static bool Holds(JsonProperty condition, IReadOnlyDictionary<string, string> context) => condition.Value.EnumerateObject().All(key =>
        context.TryGetValue(key.Name, out var value)
        && condition.Name switch
        {
            "StringEquals" => value == key.Value.GetString(),
            "DateLessThan" => Time(value) < Time(key.Value.GetString()!),
            _ => throw new NotSupportedException(condition.Name),
        });

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private static IEnumerable<string> Texts(JsonElement value) => value.ValueKind == JsonValueKind.Array
        ? value.EnumerateArray().Select(text => text.GetString()!)
        : [value.GetString()!];

    private static bool Matches(string pattern, string text) =>
        Regex.IsMatch(text, $"^{Regex.Escape(pattern).Replace("\\*", ".*").Replace("\\?", ".")}\\z");
}
