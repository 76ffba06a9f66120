namespace SecretsBroker.Policy.Cedar.Syntax;

/// <summary>Reads policies: one function a grammar rule. Expressions are read by the base class.</summary>
internal sealed class PolicyParser : ExpressionParser
{
    private PolicyParser(SourceText source, List<CedarError> errors)
        : base(source, errors)
    {
    }

    public static IReadOnlyList<PolicySyntax> Parse(SourceText source, List<CedarError> errors)
    {
        if (source.Text.Length > CedarLimits.MaxTextLength)
        {
            errors.Add(source.ErrorAt(0, $"the text is longer than {CedarLimits.MaxTextLength} characters"));
            return [];
        }

        return new PolicyParser(source, errors).Policies();
    }

    private List<PolicySyntax> Policies()
    {
        var policies = new List<PolicySyntax>();
        while (!AtEnd && !TooManyErrors)
        {
            try
            {
                policies.Add(Policy());
            }
            catch (SyntaxFault)
            {
                Recover();
            }
        }

        return policies;
    }

    private PolicySyntax Policy()
    {
        var start = Current.Start;
        var annotations = Annotations();
        var effect = Effect();
        Expect("(");
        var principal = EntityScope(RequestVariable.Principal);
        Comma();
        var action = ActionScope();
        Comma();
        var resource = EntityScope(RequestVariable.Resource);
        Accept(",");
        if (!Accept(")"))
            throw Unexpected("`)`");
        var conditions = Conditions();
        Expect(";");
        return new PolicySyntax(effect, annotations, principal, action, resource, conditions, new SourceSpan(start, LastEnd));
    }

    private void Comma() => Expect(",");

    private List<KeyValuePair<string, string?>> Annotations()
    {
        var annotations = new List<KeyValuePair<string, string?>>();
        while (Accept("@"))
        {
            var name = ExpectKind(TokenKind.Identifier, "the name of an annotation");
            string? value = null;
            if (Accept("("))
            {
                value = ExpectString("the annotation's value as a string");
                Expect(")");
            }

            if (annotations.Exists(a => a.Key == name.Text))
                Fault(name.Start, $"the annotation `@{name.Text}` occurs twice");
            annotations.Add(new(name.Text, value));
        }

        return annotations;
    }

    private PolicyEffect Effect()
    {
        if (AcceptWord("permit"))
            return PolicyEffect.Permit;
        return AcceptWord("forbid") ? PolicyEffect.Forbid : throw Unexpected("`permit` or `forbid`");
    }

    private EntityScope EntityScope(RequestVariable variable)
    {
        Variable(variable);
        if (AcceptWord("is"))
        {
            var type = Path("an entity type");
            return AcceptWord("in")
                ? new EntityScope(ScopeKind.IsIn, type, EntityOrSlot(variable))
                : new EntityScope(ScopeKind.Is, type);
        }

        if (Accept("=="))
            return new EntityScope(ScopeKind.Equal, null, EntityOrSlot(variable));
        return AcceptWord("in")
            ? new EntityScope(ScopeKind.In, null, EntityOrSlot(variable))
            : Syntax.EntityScope.Any;
    }

    private void Variable(RequestVariable variable)
    {
        var name = OperatorNames.Of(variable);
        if (!AcceptWord(name))
            throw Unexpected($"`{name}`");
    }

    /// <summary>An entity, or <c>null</c> for the slot of the variable.</summary>
    private Values.EntityUid? EntityOrSlot(RequestVariable variable)
    {
        var start = Current.Start;
        switch (Expression())
        {
            case LiteralExpression { Value: Values.EntityUid uid }:
                return uid;
            case SlotExpression slot when slot.Slot == variable:
                return null;
            default:
                Fault(start, "neither an entity nor the matching slot", $"an entity such as User::\"alice\", or ?{OperatorNames.Of(variable)}");
                return Nobody;
        }
    }

    private ActionScope ActionScope()
    {
        Variable(RequestVariable.Action);
        if (Accept("=="))
        {
            var start = Current.Start;
            return new ActionScope(ScopeKind.Equal, [Action(Expression(), start)]);
        }

        return AcceptWord("in") ? ActionsOf() : Syntax.ActionScope.Any;
    }

    private ActionScope ActionsOf()
    {
        var start = Current.Start;
        var right = Expression();
        return right is SetExpression set
            ? new ActionScope(ScopeKind.In, [.. set.Elements.Select(e => Action(e, e.Span.Start))])
            : new ActionScope(ScopeKind.In, [Action(right, start)]);
    }

    private Values.EntityUid Action(Expression expression, int start)
    {
        if (expression is not LiteralExpression { Value: Values.EntityUid uid })
        {
            Fault(start, "not an action", "an entity such as Action::\"read\"");
            return Nobody;
        }

        if (!Names.IsActionType(uid.Type))
            Fault(start, $"`{uid.Type}` is not a type of actions", "a type whose last part is `Action`");
        return uid;
    }

    private List<PolicyCondition> Conditions()
    {
        var conditions = new List<PolicyCondition>();
        while (Current.Kind == TokenKind.Identifier)
        {
            var isWhen = AcceptWord("when");
            if (!isWhen && !AcceptWord("unless"))
                throw Unexpected("`when`, `unless` or `;`");
            Expect("{");
            var body = Expression();
            Expect("}");
            RefuseSlots(body);
            conditions.Add(new PolicyCondition(isWhen, body));
        }

        return conditions;
    }

    private void RefuseSlots(Expression expression)
    {
        if (expression is SlotExpression slot)
            Fault(slot.Span.Start, "a slot may stand only in the head of a template");
        foreach (var child in expression.Children)
            RefuseSlots(child);
    }
}
