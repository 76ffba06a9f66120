using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Json;

/// <summary>Reads a whole policy set of Cedar's JSON format: policies and templates by id, and links.</summary>
internal sealed class PolicySetJsonReader(JsonSource source)
{
    private readonly List<CedarError> _errors = [];
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly List<CedarPolicy> _policies = [];
    private readonly List<PolicyTemplate> _templates = [];

    public CedarResult<PolicySet> Read()
    {
        if (source.Read(_errors) is not { } root)
            return new(_errors);
        Attempt(() =>
        {
            root.AsObject("a policy set as an object");
            root.AllowOnly("staticPolicies", "templates", "templateLinks");
        });
        foreach (var member in root.Find("templates")?.Members ?? [])
            Attempt(() => Template(member, mustHaveSlots: true));
        foreach (var member in root.Find("staticPolicies")?.Members ?? [])
            Attempt(() => Template(member, mustHaveSlots: false));
        foreach (var link in root.Find("templateLinks")?.Items ?? [])
            Attempt(() => Link(link));
        return _errors.Count > 0 ? new(_errors) : new(new PolicySet(_policies, _templates));
    }

    private void Template(JsonMember member, bool mustHaveSlots)
    {
        var syntax = PolicyJsonReader.Read(member.Value);
        var template = new PolicyTemplate(member.Name, syntax, PolicyTemplate.AnnotationsOf(syntax), null);
        if (template.HasSlots != mustHaveSlots)
            throw new JsonFault(member.Offset, mustHaveSlots ? "a template needs a slot" : "a static policy may not have a slot");
        Claim(member.Name, member.Offset);
        if (mustHaveSlots)
            _templates.Add(template);
        else
            _policies.Add(new CedarPolicy(template.Id, template));
    }

    private void Link(JsonNode node)
    {
        node.AsObject("a link as an object");
        node.AllowOnly("templateId", "newId", "values");
        var id = node.Required("templateId").AsString("a template's id");
        var template = _templates.Find(t => t.Id == id) ?? throw JsonFault.At(node, $"there is no template `{id}`");
        var values = node.Required("values");
        values.AllowOnly("?principal", "?resource");
        var newId = node.Required("newId");
        Claim(newId.AsString("a policy's id"), newId.Offset);
        try
        {
            _policies.Add(template.Link(newId.Text, Slot(values, "?principal"), Slot(values, "?resource")));
        }
        catch (ArgumentException exception)
        {
            throw JsonFault.At(values, exception.Message);
        }
    }

    private static EntityUid? Slot(JsonNode values, string slot) => values.Find(slot)?.AsEntityUid();

    private void Claim(string id, int offset)
    {
        if (!_ids.Add(id))
            throw new JsonFault(offset, $"the policy id `{id}` is used twice");
    }

    private void Attempt(Action read)
    {
        try
        {
            read();
        }
        catch (JsonFault fault)
        {
            if (_errors.Count < CedarLimits.MaxErrors)
                _errors.Add(source.ErrorAt(fault.Offset, fault.Message, fault.Expected));
        }
    }
}
