using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy.Cedar.Formatting;

/// <summary>
/// Lays policies out in the one way: lines of at most 80 characters where that is possible, two spaces an indent, an empty line between
/// policies. Comments stay where they are. Only blanks change, and commas that nothing follows are dropped.
/// </summary>
public static class PolicyFormatter
{
    /// <returns>The text, or every fault of the policies: what cannot be read is not formatted.</returns>
    public static CedarResult<string> Format(PolicySource source)
    {
        var errors = new List<CedarError>();
        PolicyParser.Parse(new SourceText(source.FileName, source.Text), errors);
        return errors.Count > 0
            ? new CedarResult<string>(errors)
            : new CedarResult<string>(LayoutWriter.Write(new PolicyLayout(CommentedToken.ReadAll(source.Text)).Lay()));
    }
}
