using System.Net;
using Google.Protobuf.WellKnownTypes;
using SecretsBroker.Configuration;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Policy;
using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Operators;
using SecretsBroker.Policy.Trials;
using SecretsBroker.V1;
using Intent = SecretsBroker.Intents.Intent;
using PolicyAnswer = SecretsBroker.Policy.PolicyAnswer;
using PolicyFault = SecretsBroker.Policy.PolicyFault;
using PolicyQuestion = SecretsBroker.V1.PolicyQuestion;
using PolicyRefusal = SecretsBroker.Policy.PolicyRefusal;
using PolicySource = SecretsBroker.V1.PolicySource;
using VerifiedInitiator = SecretsBroker.Identity.VerifiedInitiator;

namespace SecretsBroker.Api;

/// <summary>Between the messages of <c>PolicyService</c> and the domain. Explanations are mapped elsewhere.</summary>
internal static partial class PolicyMapping
{
    public const int MaxFaults = 100;
    public const int MaxSources = 200;
    public const int MaxSourceBytes = 200_000;

    private const int MaxTextCharacters = 16_000;
    private const int MaxFileName = 100;
    private const int MaxEntries = 64;
    private const int MaxEntryLength = 200;
    private const int MaxInitiator = 255 + 1 + 255;

    /// <summary>The limits that <c>policy.proto</c> states.</summary>
    public static IReadOnlyList<SourceFile> ToFiles(IReadOnlyCollection<PolicySource> sources)
    {
        if (sources.Count > MaxSources || sources.Sum(source => System.Text.Encoding.UTF8.GetByteCount(source.Text)) > MaxSourceBytes)
        {
            throw Errors.Invalid("sources", $"must be at most {MaxSources} files with {MaxSourceBytes} bytes in all");
        }

        if (sources.FirstOrDefault(source => !IsFileName(source.FileName)) is not null)
        {
            throw Errors.Invalid(
                "sources.file_name",
                $"must have 1 to {MaxFileName} characters of [A-Za-z0-9._-], not begin with a dot, and end with .cedar or .cedarschema");
        }

        return sources.DistinctBy(source => source.FileName).Count() == sources.Count
            ? [.. sources.Select(source => new SourceFile(source.FileName, source.Text)).OrderBy(file => file.Name, StringComparer.Ordinal)]
            : throw Errors.Invalid("sources.file_name", "must not be given twice");
    }

    public static TrialQuestion.OfAgent ToQuestion(PolicyQuestion question, string field, DateTimeOffset now)
    {
        var intent = question.Intent ?? throw Errors.Invalid($"{field}.intent", "is required");
        return new TrialQuestion.OfAgent(
            ToWorkload(question, field),
            new Intent(
                RequestRules.Action($"{field}.intent.action", intent.Action),
                RequestRules.Resource($"{field}.intent.resource", intent.Resource),
                RequestRules.Tool($"{field}.intent.tool", intent.Tool),
                RequestRules.Text($"{field}.intent.purpose", intent.Purpose, 500, required: false),
                RequestRules.Span(
                    $"{field}.intent.time_to_live", intent.TimeToLive, RequestRules.MinTimeToLive, RequestRules.MaxTimeToLive)),
            RequestRules.Tool($"{field}.engine", question.Engine),
            ToContext(question, field, now));
    }

    public static PolicyQuestion ToMessage(TrialQuestion.OfAgent question)
    {
        var (workload, intent, context) = (question.Workload, question.Intent, question.Context);
        var message = new PolicyQuestion
        {
            Workload = workload.Id.Value,
            Method = (WorkloadMethod)workload.Method,
            Possession = (WorkloadPossession)workload.Possession,
            Intent = new V1.Intent
            {
                Action = intent.Action,
                Resource = intent.Resource,
                Tool = intent.Tool,
                Purpose = intent.Purpose,
                TimeToLive = intent.TimeToLive?.ToDuration(),
            },
            Engine = question.Engine,
            TaskId = context.Task.Value,
            TaskPurpose = context.TaskPurpose,
            Initiator = context.Initiator,
            Time = context.Time.ToTimestamp(),
            SourceAddress = context.SourceAddress,
            Renewal = context.Renewal,
            Signals = ToMessage(context.Signals),
            Delegation = context.Delegation is { } delegation ? DelegationMapping.ToMessage(delegation) : null,
        };
        message.Groups.Add(workload.Groups);
        message.Claims.Add(workload.Attributes.ToDictionary());
        message.Labels.Add(context.Labels.ToDictionary());
        if (context.VerifiedInitiator is { } verified)
        {
            message.VerifiedInitiator = ResponseMapping.ToMessage(verified);
        }

        return message;
    }

    public static V1.PolicyAnswer ToMessage(PolicyAnswer answer)
    {
        var message = new V1.PolicyAnswer { Allowed = answer.Allowed, Reason = answer.Reason, PolicyHash = answer.PolicyHash, Undecided = answer.IsFailure };
        message.Policies.Add(answer.Policies);
        message.FailedPolicies.Add(answer.FailedPolicies);
        message.Obligations.Add(ObligationText.Of(answer.Obligations).ToDictionary());
        return message;
    }

    public static PolicySimulation ToMessage(AnswerPair pair) => new()
    {
        InForce = ToMessage(pair.InForce),
        Candidate = ToMessage(pair.Candidate),
        Changes = pair.Changes,
    };

    public static V1.Policy ToMessage(CedarPolicy policy)
    {
        var message = new V1.Policy
        {
            PolicyId = policy.Id,
            Effect = ToMessage(policy.Effect),
            Position = ToMessage(policy.Position),
            Text = policy.Text.Length <= MaxTextCharacters ? policy.Text : policy.Text[..MaxTextCharacters] + "…",
            AboutOperators = OperatorAction.IsNamedBy(policy.Action),
        };
        message.Annotations.Add(policy.Annotations.ToDictionary());
        return message;
    }

    public static V1.PolicyRefusal ToMessage(PolicyRefusal refusal)
    {
        var message = new V1.PolicyRefusal
        {
            RefuseTime = refusal.Time.ToTimestamp(),
            PolicyHash = refusal.Hash,
            FaultCount = refusal.Faults.Count,
        };
        message.Faults.Add(ToMessages(refusal.Faults));
        return message;
    }

    public static IEnumerable<V1.PolicyFault> ToMessages(IEnumerable<PolicyFault> faults) =>
        faults.Take(MaxFaults).Select(fault => new V1.PolicyFault { Path = fault.Path, Rule = fault.Rule });

    private static Workload ToWorkload(PolicyQuestion question, string field)
    {
        if (!WorkloadId.TryParse(question.Workload, out var id))
        {
            throw Errors.Invalid($"{field}.workload", "must be a SPIFFE ID with a path");
        }

        var method = question.Method switch
        {
            WorkloadMethod.OidcToken => AuthenticationMethod.OidcToken,
            WorkloadMethod.Unspecified or WorkloadMethod.JwtSvid => AuthenticationMethod.JwtSvid,
            WorkloadMethod.X509Svid => AuthenticationMethod.X509Svid,
            _ => throw Errors.Invalid($"{field}.method", "must be OIDC_TOKEN, JWT_SVID or X509_SVID"),
        };
        if (!System.Enum.IsDefined(question.Possession))
        {
            throw Errors.Invalid($"{field}.possession", "must be DPOP, CERTIFICATE or unspecified");
        }

        if (question.Groups.Count > MaxEntries || question.Groups.Any(group => group.Length is 0 or > MaxEntryLength))
        {
            throw Errors.Invalid($"{field}.groups", $"must be at most {MaxEntries} of 1 to {MaxEntryLength} characters");
        }

        if (question.Claims.Count > MaxEntries
            || question.Claims.Any(claim => claim.Key.Length is 0 or > MaxEntryLength || claim.Value.Length > MaxEntryLength))
        {
            throw Errors.Invalid($"{field}.claims", $"must be at most {MaxEntries}, with names and values of at most {MaxEntryLength} characters");
        }

        return new Workload(id, method, [.. question.Groups], question.Claims.ToDictionary(), DateTimeOffset.MaxValue)
        {
            Possession = (Possession)question.Possession,
        };
    }

    private static PolicyContext ToContext(PolicyQuestion question, string field, DateTimeOffset now)
    {
        if (question.SourceAddress.Length > 0 && !IPAddress.TryParse(question.SourceAddress, out _))
        {
            throw Errors.Invalid($"{field}.source_address", "must be an IP address");
        }

        var verified = ToInitiator(question.VerifiedInitiator, $"{field}.verified_initiator");
        return new PolicyContext(
            question.TaskId.Length == 0 ? new TaskId("task") : RequestRules.TaskId($"{field}.task_id", question.TaskId),
            RequestRules.Text($"{field}.task_purpose", question.TaskPurpose, 500, required: false),
            question.Initiator.Length == 0 && verified is not null
                ? verified.Text
                : RequestRules.Text($"{field}.initiator", question.Initiator, MaxInitiator, required: false),
            RequestRules.Labels($"{field}.labels", question.Labels),
            ToTime(question.Time, field, now),
            question.SourceAddress,
            question.Renewal)
        {
            VerifiedInitiator = verified,
            Signals = ToSignals(question.Signals, $"{field}.signals"),
            Delegation = question.Delegation is { } delegation ? DelegationMapping.ToFacts(delegation, $"{field}.delegation") : null,
        };
    }

    private static VerifiedInitiator? ToInitiator(V1.VerifiedInitiator? initiator, string field)
    {
        if (initiator is null)
        {
            return null;
        }

        if (initiator.Groups.Count > MaxEntries || initiator.Groups.Any(group => group.Length is 0 or > MaxEntryLength))
        {
            throw Errors.Invalid($"{field}.groups", $"must be at most {MaxEntries} of 1 to {MaxEntryLength} characters");
        }

        return new VerifiedInitiator(
            RequestRules.Text($"{field}.issuer", initiator.Issuer, 255, required: true),
            RequestRules.Text($"{field}.subject", initiator.Subject, 255, required: true),
            RequestRules.Text($"{field}.name", initiator.Name, MaxEntryLength, required: false),
            [.. initiator.Groups]);
    }

    private static DateTimeOffset ToTime(Timestamp? time, string field, DateTimeOffset now)
    {
        try
        {
            return time?.ToDateTimeOffset() ?? now;
        }
        catch (InvalidOperationException)
        {
            throw Errors.Invalid($"{field}.time", "must be an instant from year 1 to 9999");
        }
    }

    private static bool IsFileName(string name) =>
        name.Length is > 0 and <= MaxFileName
        && name[0] != '.'
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
        && (name.EndsWith(".cedar", StringComparison.Ordinal) || name.EndsWith(".cedarschema", StringComparison.Ordinal));
}
