using System.Globalization;
using System.Net;
using SecretsBroker.Behaviour;
using SecretsBroker.Catalog;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Policy.Operators;

namespace SecretsBroker.Policy.Trials;

/// <summary>
/// Reads a question as people write it:
/// <code>
/// who:      workload, groups, claims, method (oidc_token, jwt_svid, x509_svid), proof (none, dpop, certificate)
/// what:     action, resource, engine, tool, ttl
///           or of an operator: operator (such as kill), and subject (policies) or selector: scope, value
///           or approval_group, or access: grant, action, resource, target, classification, environment, or secret: target, name
/// context:  purpose, task, task_purpose, initiator, labels, time, source_address, renewal,
///           verified_initiator: issuer, subject, name, groups, and signals: issues, denials, resources, violations, failures,
///           delegation: chain (the root task's owner first), root_task, root_purpose, root_initiator
///           or of an operator: reason, time, source_address
/// </code>
/// </summary>
/// <param name="defaultTime">When it is asked, where it does not say.</param>
internal sealed class QuestionReader(DateTimeOffset defaultTime)
{
    private static readonly TimeSpan MinTimeToLive = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxTimeToLive = TimeSpan.FromHours(24);

    private static readonly Dictionary<string, AuthenticationMethod> Methods = new()
    {
        ["oidc_token"] = AuthenticationMethod.OidcToken,
        ["jwt_svid"] = AuthenticationMethod.JwtSvid,
        ["x509_svid"] = AuthenticationMethod.X509Svid,
    };

    private static readonly Dictionary<string, Possession> Proofs = new()
    {
        ["none"] = Possession.None,
        ["dpop"] = Possession.Dpop,
        ["certificate"] = Possession.Certificate,
    };

    /// <summary>Faults go where the reader's go; with one, what is returned is not to be asked.</summary>
    public TrialQuestion Read(SettingsReader question)
    {
        var (who, what, context) = (question.Section("who"), question.Section("what"), question.Section("context"));
        var workload = ReadWorkload(who);
        TrialQuestion read = what.Has("operator") ? ReadOperator(workload, what, context) : ReadAgent(workload, what, context);
        who.RefuseOthers();
        what.RefuseOthers();
        context.RefuseOthers();
        return read;
    }

    private static Workload ReadWorkload(SettingsReader who)
    {
        var text = who.RequiredText("workload");
        if (!WorkloadId.TryParse(text, out var id) && text.Length > 0)
        {
            who.Fault("workload", "must be a SPIFFE ID such as spiffe://example.org/agent");
        }

        return new Workload(
            text.Length > 0 ? id : default,
            who.Choice("method", AuthenticationMethod.JwtSvid, Methods),
            who.Texts("groups"),
            who.TextsByName("claims"),
            DateTimeOffset.MaxValue)
        {
            Possession = who.Choice("proof", Possession.None, Proofs),
        };
    }

    private TrialQuestion.OfAgent ReadAgent(Workload workload, SettingsReader what, SettingsReader context)
    {
        TimeSpan? timeToLive = what.Has("ttl") ? what.Duration("ttl", MinTimeToLive, MinTimeToLive, MaxTimeToLive) : null;
        var intent = new Intent(
            Name(what, "action", NameRule.Action),
            Name(what, "resource", NameRule.Resource),
            what.Text("tool") ?? "",
            context.Text("purpose") ?? "",
            timeToLive);
        var verified = ReadInitiator(context);
        return new TrialQuestion.OfAgent(workload, intent, what.Text("engine") ?? "", new PolicyContext(
            new TaskId(context.Text("task") ?? "task"),
            context.Text("task_purpose") ?? "",
            context.Text("initiator") ?? verified?.Text ?? "",
            context.TextsByName("labels"),
            ReadTime(context),
            ReadAddress(context),
            context.Flag("renewal", fallback: false))
        {
            VerifiedInitiator = verified,
            Signals = ReadSignals(context.Section("signals")),
            Delegation = context.Has("delegation") ? ReadDelegation(context.Section("delegation")) : null,
        });
    }

    private static BehaviourSignals ReadSignals(SettingsReader signals)
    {
        var read = new BehaviourSignals(
            Count("issues"), Count("denials"), Count("resources"), Count("violations"), Count("failures"));
        signals.RefuseOthers();
        return read;

        long Count(string name) => signals.Number(name, 0, 0, (int)BehaviourSignals.Maximum);
    }

    private static VerifiedInitiator? ReadInitiator(SettingsReader context)
    {
        if (!context.Has("verified_initiator"))
        {
            return null;
        }

        var section = context.Section("verified_initiator");
        var initiator = new VerifiedInitiator(
            section.RequiredText("issuer"), section.RequiredText("subject"), section.Text("name") ?? "", section.Texts("groups"));
        section.RefuseOthers();
        return initiator;
    }

    private static DelegationFacts? ReadDelegation(SettingsReader delegation)
    {
        var chain = new List<WorkloadId>();
        foreach (var text in delegation.Texts("chain"))
        {
            if (WorkloadId.TryParse(text, out var workload))
            {
                chain.Add(workload);
            }
            else
            {
                delegation.Fault("chain", "must be SPIFFE IDs such as spiffe://example.org/agent");
            }
        }

        if (chain.Count is 0 or > DelegationTerms.MaxDepth)
        {
            delegation.Fault("chain", $"must name 1 to {DelegationTerms.MaxDepth} workloads, the root task's owner first");
        }

        var read = new DelegationFacts(
            chain,
            new TaskId(delegation.Text("root_task") ?? "task"),
            delegation.Text("root_purpose") ?? "",
            delegation.Text("root_initiator") ?? "");
        delegation.RefuseOthers();
        return chain.Count == 0 ? null : read;
    }

    private TrialQuestion.OfOperator ReadOperator(Workload workload, SettingsReader what, SettingsReader context)
    {
        var name = what.Text("operator");
        var action = OperatorAction.All.FirstOrDefault(action => action.Name == name);
        if (action is null)
        {
            what.Fault("operator", $"must be one of {string.Join(", ", OperatorAction.All)}");
        }

        var question = new OperatorQuestion(workload, action ?? OperatorAction.ReadPolicy, ReadSubject(what))
        {
            SourceAddress = ReadAddress(context),
            Reason = context.Text("reason") ?? "",
        };
        return new TrialQuestion.OfOperator(question, ReadTime(context));
    }

    private static OperatorSubject ReadSubject(SettingsReader what)
    {
        if (what.Has("approval_group"))
        {
            return OperatorSubject.ApprovalGroup(what.RequiredText("approval_group"));
        }

        if (what.Has("access"))
        {
            return ReadAccess(what.Section("access"));
        }

        if (what.Has("secret"))
        {
            var secret = what.Section("secret");
            var kept = OperatorSubject.Secret(secret.RequiredText("target"), secret.Text("name") ?? "");
            secret.RefuseOthers();
            return kept;
        }

        if (!what.Has("selector"))
        {
            return OperatorSubject.Named(what.RequiredText("subject"));
        }

        var selector = what.Section("selector");
        var subject = OperatorSubject.Selector(selector.RequiredText("scope"), selector.Text("value") ?? "");
        selector.RefuseOthers();
        return subject;
    }

    private static OperatorSubject ReadAccess(SettingsReader access)
    {
        var subject = OperatorSubject.Access(new Grant
        {
            Name = access.RequiredText("grant"),
            Action = access.Text("action") ?? "",
            Resource = access.Text("resource") ?? "",
            Target = access.Text("target") ?? "",
            Engine = "",
            DefaultTimeToLive = TimeSpan.Zero,
            MaxTimeToLive = TimeSpan.Zero,
            Classification = access.Text("classification") ?? "",
            Environment = access.Text("environment") ?? "",
        });
        access.RefuseOthers();
        return subject;
    }

    private static string Name(SettingsReader reader, string member, NameRule rule)
    {
        var name = reader.RequiredText(member);
        if (name.Length > 0 && !rule.Allows(name))
        {
            reader.Fault(member, rule.Text);
        }

        return name;
    }

    private DateTimeOffset ReadTime(SettingsReader context)
    {
        if (context.Text("time") is not { } text)
        {
            return defaultTime;
        }

        // With its offset: a time that means another instant on another machine proves nothing.
        string[] formats = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mmK"];
        if (DateTimeOffset.TryParseExact(text, formats, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var time)
            && (text.EndsWith('Z') || text[^6] is '+' or '-'))
        {
            return time;
        }

        context.Fault("time", "must be an instant such as 2030-01-31T12:00:00Z");
        return defaultTime;
    }

    private static string ReadAddress(SettingsReader context)
    {
        var text = context.Text("source_address") ?? "";
        if (text.Length > 0 && !IPAddress.TryParse(text, out _))
        {
            context.Fault("source_address", "must be an IP address");
        }

        return text;
    }
}
