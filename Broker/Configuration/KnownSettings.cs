using System.Collections;
using System.ComponentModel;
using System.Reflection;
using SecretsBroker.Approvals;
using SecretsBroker.Audit;
using SecretsBroker.Behaviour;
using SecretsBroker.Catalog;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Issuance;
using SecretsBroker.Policy;
using SecretsBroker.Policy.Operators;
using SecretsBroker.Reconciliation;
using SecretsBroker.Revocation;
using SecretsBroker.Revocation.Recheck;

namespace SecretsBroker.Configuration;

/// <summary>
/// Every setting that exists, and what kind of value it takes. A key that names none is a fault: a misspelt setting must not be a silent
/// default. Values that do not fit are not shown: somebody may have put a secret where its reference belongs.
/// </summary>
internal static class KnownSettings
{
    /// <summary>What each section of the configuration is bound to.</summary>
    internal static IReadOnlyDictionary<string, Type> Sections { get; } = new Dictionary<string, Type>(StringComparer.OrdinalIgnoreCase)
    {
        [ListenOptions.Section] = typeof(ListenOptions),
        [StoreOptions.Section] = typeof(StoreOptions),
        [IdentityOptions.Section] = typeof(IdentityOptions),
        [CatalogOptions.Section] = typeof(CatalogOptions),
        [PolicyOptions.Section] = typeof(PolicyOptions),
        [OperatorOptions.Section] = typeof(OperatorOptions),
        [ApprovalOptions.Section] = typeof(ApprovalOptions),
        ["Tasks"] = typeof(TaskOptions),
        ["Issuance"] = typeof(IssuanceOptions),
        ["Revocation"] = typeof(RevocationOptions),
        [BehaviourOptions.Section] = typeof(BehaviourOptions),
        [RecheckOptions.Section] = typeof(RecheckOptions),
        [ReconciliationOptions.Section] = typeof(ReconciliationOptions),
        [AuditOptions.Section] = typeof(AuditOptions),
        // The framework's own: levels by category.
        ["Logging"] = typeof(IDictionary),
    };

    /// <param name="settings">By key: <c>Listen:Port</c>.</param>
    public static IEnumerable<string> FindFaults(IEnumerable<KeyValuePair<string, string?>> settings)
    {
        foreach (var (key, value) in settings)
        {
            var parts = key.Split(':');
            if (!Sections.TryGetValue(parts[0], out var section))
            {
                yield return $"{key}: is not a setting; sections are {string.Join(", ", Sections.Keys)}";
            }
            else if (TypeOf(section, parts.AsSpan(1)) is not { } type)
            {
                yield return $"{key}: is not a setting";
            }
            else if (value is not null && FaultOf(type, value) is { } rule)
            {
                yield return $"{key}: {rule}";
            }
        }
    }

    /// <summary>Writes durations as the catalogue has them (<c>5m</c>) the way that options are bound from (<c>00:05:00</c>).</summary>
    public static KeyValuePair<string, string?> Normalise(KeyValuePair<string, string?> setting)
    {
        var parts = setting.Key.Split(':');
        return Sections.TryGetValue(parts[0], out var section)
            && TypeOf(section, parts.AsSpan(1)) == typeof(TimeSpan)
            && SettingsDuration.TryParse(setting.Value ?? "", out var duration)
            ? KeyValuePair.Create(setting.Key, (string?)duration.ToString("c"))
            : setting;
    }

    private static string? FaultOf(Type type, string value)
    {
        if (type == typeof(string) || typeof(IDictionary).IsAssignableFrom(type))
        {
            return null;
        }

        if (type == typeof(SecretReference))
        {
            return "must be an object with File or Env, which says where the secret is, never the secret itself";
        }

        var converter = TypeDescriptor.GetConverter(type);
        return converter.CanConvertFrom(typeof(string))
            ? converter.IsValid(value) ? null : $"must be {Describe(type)}"
            : "must be an object or a list";
    }

    private static string Describe(Type type) =>
        type == typeof(TimeSpan) ? "a duration such as 30s, 5m or 1h"
        : type == typeof(bool) ? "true or false"
        : "a whole number";

    /// <returns>Null when the path leads to no setting.</returns>
    private static Type? TypeOf(Type type, ReadOnlySpan<string> path)
    {
        if (path.IsEmpty || typeof(IDictionary).IsAssignableFrom(type))
        {
            return type;
        }

        if (ElementOf(type) is { } element)
        {
            return int.TryParse(path[0], out _) ? TypeOf(element, path[1..]) : null;
        }

        var property = type.GetProperty(path[0], BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);
        return property is { SetMethod: not null } || ElementOf(property?.PropertyType ?? typeof(string)) is not null
            ? TypeOf(property!.PropertyType, path[1..])
            : null;
    }

    private static Type? ElementOf(Type type) =>
        type != typeof(string) && type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type)
            ? type.GetGenericArguments()[0]
            : null;
}
