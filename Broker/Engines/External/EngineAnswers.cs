using System.Text;
using Google.Protobuf;
using SecretsBroker.Engine.V1;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.External;

/// <summary>Reads what an engine answers. What is not as the contract says is refused; a refusal names the rule and never what was answered.</summary>
internal static class EngineAnswers
{
    private const int MaxFields = 32;
    private const int MaxValueBytes = 64 * 1024;
    private const int MaxFindings = 16;
    private const int MaxCursor = 512;

    /// <summary>Who counts in whole seconds may round up.</summary>
    private static readonly TimeSpan Rounding = TimeSpan.FromSeconds(1);

    /// <summary>An engine's clock, and the store's, may be behind by so much.</summary>
    private static readonly TimeSpan ClockDifference = TimeSpan.FromSeconds(30);

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="EngineException">The answer is refused.</exception>
    public static ExternalCredential ReadIssued(string target, IssueResponse answer, IssueTerms terms)
    {
        try
        {
            if (FindFault(answer, terms) is { } rule)
            {
                throw Refused(target, rule);
            }

            return new ExternalCredential
            {
                Handle = terms is { EndsByTime: true, IsRenewable: false } ? IssuedHandle.Of(answer).ToString() : answer.Handle,
                Fields = answer.Fields.ToDictionary(field => field.Key, field => new Secret(field.Value.ToByteArray())),
            };
        }
        finally
        {
            foreach (var value in answer.Fields.Values)
            {
                value.Wipe();
            }
        }
    }

    /// <exception cref="EngineException">The answer is refused.</exception>
    public static Verification ReadVerified(string target, VerifyResponse answer)
    {
        var findings = answer.Findings;
        if (findings.Count is 0 or > MaxFindings || findings.DistinctBy(finding => finding.Kind).Count() != findings.Count
            || findings.Any(finding => finding.Count < 0 || finding.Kind == FindingKind.Unspecified || !Enum.IsDefined(finding.Kind)))
        {
            throw Refused(target, "it must say what was looked for, each kind once, and how many were found");
        }

        if (answer.Gone && findings.Any(finding => finding.Count > 0 && finding.Kind != FindingKind.DenyListEntry))
        {
            throw Refused(target, "it must not say gone of what it has found");
        }

        // The engine's word, in the broker's words: what it could write freely might hold the secret.
        var seen = string.Join(", ", findings.Select(finding => $"{WordOf(finding.Kind)}: {finding.Count}"));
        return new Verification(answer.Gone, $"the engine found {seen}");
    }

    /// <param name="target">The target's name.</param>
    /// <param name="answer">What the engine says that there is; of it, what has not the mark is nobody's business.</param>
    /// <param name="asked">For what.</param>
    /// <exception cref="EngineException">The answer is refused.</exception>
    public static ListedPage ReadListed(string target, ListResponse answer, ListRequest asked)
    {
        if (answer.LeaseIds.Count > asked.Max)
        {
            throw Refused(target, "it must list no more than it was asked for");
        }

        if (answer.NextCursor.Length > MaxCursor || !EngineHandle.IsVisible(answer.NextCursor))
        {
            throw Refused(target, $"the next cursor must have at most {MaxCursor} visible ASCII characters");
        }

        if (answer.NextCursor.Length > 0 && answer.NextCursor == asked.Cursor)
        {
            throw Refused(target, "the next cursor must be another");
        }

        var leases = answer.LeaseIds
            .Where(id => LeaseId.TryParse(id, out var lease) && Installation.Marks(asked.Mark, lease))
            .Select(LeaseId.Parse);
        return new ListedPage([.. leases], answer.NextCursor.Length == 0 ? null : answer.NextCursor);
    }

    /// <exception cref="EngineException">The answer is refused.</exception>
    public static IReadOnlyList<string> ReadFaults(
        string target, CheckResponse answer, DescribeResponse description, ExternalTargetSettings settings)
    {
        return answer.Faults.All(fault => description.TargetSettings.Any(setting => setting.Name == fault.Setting))
            ? [.. answer.Faults.Take(description.TargetSettings.Count).Select(fault => $"{NameOf(fault.Setting)} {WordOf(fault.Rule)}")]
            : throw Refused(target, "it must name settings of its description");

        // Names that only the engine has are its words, too.
        string NameOf(string setting) => settings.Has(setting) ? setting : "a setting that the catalogue does not have";
    }

    private static string? FindFault(IssueResponse answer, IssueTerms terms)
    {
        if (answer.Fields.Count is 0 or > MaxFields || !answer.Fields.Keys.All(FieldName.IsValid))
        {
            return $"it must have 1 to {MaxFields} fields with names of {FieldName.Rule}";
        }

        if (!answer.Fields.Values.All(IsText))
        {
            return $"fields must have 1 to {MaxValueBytes} bytes of UTF-8 without NUL";
        }

        if (!EngineHandle.IsValid(answer.Handle))
        {
            return $"the handle must have at most {EngineHandle.MaxLength} visible ASCII characters";
        }

        if (answer.Fields.Values.Any(value => EngineHandle.Holds(answer.Handle, value.Span)))
        {
            return "the handle must not hold a field's value";
        }

        if (answer.ExpireTime is not { } end)
        {
            return terms.EndsByTime ? "what ends only by time must say when" : null;
        }

        // By seconds: what the message can hold is more than a time can.
        return end.Nanos is < 0 or > 999_999_999 || end.Seconds > (terms.LeaseEnd + Rounding).ToUnixTimeSeconds() ? "it must not end later than the lease"
            : end.Seconds < (terms.Now - ClockDifference).ToUnixTimeSeconds() ? "it must not have ended already"
            : null;
    }

    private static bool IsText(ByteString value)
    {
        if (value.Length is 0 or > MaxValueBytes || value.Span.Contains((byte)0))
        {
            return false;
        }

        try
        {
            return StrictUtf8.GetCharCount(value.Span) > 0;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    private static EngineException Refused(string target, string rule) =>
        new($"target {target}: the engine's answer was refused: {rule}", isTransient: false);

    private static string WordOf(FindingKind kind) => kind switch
    {
        FindingKind.Account => "accounts",
        FindingKind.Session => "sessions",
        FindingKind.Key => "keys",
        FindingKind.Token => "tokens",
        FindingKind.File => "files",
        FindingKind.Membership => "memberships",
        FindingKind.DenyListEntry => "entries of the deny list",
        _ => "others",
    };

    private static string WordOf(SettingRule rule) => rule switch
    {
        SettingRule.Required => "is required",
        SettingRule.Form => "has not the right form",
        SettingRule.Range => "is out of range",
        SettingRule.NotFound => "names what does not exist or cannot be used",
        SettingRule.Conflict => "does not go together with another one",
        _ => "is not valid",
    };
}
