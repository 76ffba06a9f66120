namespace SecretsBroker.Intents.Delegations;

/// <summary>Why a delegation does not allow something.</summary>
internal enum DelegationFault
{
    None = 0,

    /// <summary>It has ended or its time is over, or that of one above it, or a task above has ended.</summary>
    Over,

    /// <summary>The root task is not the one that it was given for.</summary>
    RootChanged,

    /// <summary>It, one above it, or a task above does not hold the action or the resource.</summary>
    OutsideScope,

    /// <summary>The purpose is another than the root task's, and has to be the same.</summary>
    PurposeChanged,

    /// <summary>The initiator is another than the root task's.</summary>
    InitiatorChanged,

    /// <summary>It would last longer than what is above.</summary>
    TooLong,

    /// <summary>It would allow more uses than one above it.</summary>
    TooManyUses,

    /// <summary>More delegations follow one another than one above allows.</summary>
    TooDeep,

    /// <summary>A workload of the chain would act for itself.</summary>
    Cyclic,

    /// <summary>The task was started without saying all that may be asked for it.</summary>
    NoScope,

    /// <summary>What is known of the giver is too much to be kept.</summary>
    GiverTooLarge,
}

/// <summary>In words that a caller may read: which rule, never another's data.</summary>
internal static class DelegationFaultText
{
    public static string Of(DelegationFault fault) => fault switch
    {
        DelegationFault.Over => "the delegation has ended, or one above it",
        DelegationFault.RootChanged => "the root task is not the one that was delegated",
        DelegationFault.OutsideScope => "the delegation does not hold this action on this resource",
        DelegationFault.PurposeChanged => "the delegation does not let the purpose change",
        DelegationFault.InitiatorChanged => "a delegation does not let the initiator change",
        DelegationFault.TooLong => "it would last longer than what is above it",
        DelegationFault.TooManyUses => "it would allow more uses than what is above it",
        DelegationFault.TooDeep => "more delegations follow one another than one above allows",
        DelegationFault.Cyclic => "a workload of the chain cannot be delegated to",
        DelegationFault.NoScope => "the task was started without a scope, so there is nothing to be a part of",
        DelegationFault.GiverTooLarge => "the delegator has more groups and claims than can be kept",
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "is no fault"),
    };
}
