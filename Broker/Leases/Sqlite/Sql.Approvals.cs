namespace SecretsBroker.Leases.Sqlite;

/// <content>Requests for approvals, and reviews.</content>
internal static partial class Sql
{
    private const string ApprovalColumns = "id, subject, decision, state, votes, create_time, expire_time";

    public const string FindApproval = $"SELECT {ApprovalColumns} FROM approvals WHERE id = ?1";

    // Of several with one subject all but the latest have ended.
    public const string FindParkedApproval = $"""
        SELECT {ApprovalColumns} FROM approvals WHERE owner = ?1 AND subject_hash = ?2 AND expire_time > ?3 AND state <> ?4
        """;

    public const string CountParkedApprovals = "SELECT count(*) FROM approvals WHERE owner = ?1 AND expire_time > ?2 AND state <> ?3";

    public const string InsertApproval = """
        INSERT INTO approvals (id, owner, subject_hash, subject, decision, state, votes, vote_count, create_time, expire_time, forget_time)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, '[]', 0, ?7, ?8, ?9)
        """;

    public const string VoteOnApproval = """
        UPDATE approvals SET votes = json_insert(votes, '$[#]', json(?4)), vote_count = vote_count + 1, state = ?5,
            expire_time = coalesce(?6, expire_time), forget_time = coalesce(?7, forget_time)
        WHERE id = ?1 AND state = ?2 AND vote_count = ?3
        """;

    public const string UseApproval = "UPDATE approvals SET state = ?2, used_by = ?3 WHERE id = ?1";

    public const string UseOfApproval = "SELECT state, subject_hash, used_by, expire_time FROM approvals WHERE id = ?1";

    public const string PendingApprovals = $"""
        SELECT {ApprovalColumns} FROM approvals WHERE state = 1 AND expire_time > ?1 ORDER BY expire_time, id LIMIT ?2
        """;

    public const string CountPendingApprovals = "SELECT count(*) FROM approvals WHERE state = 1 AND expire_time > ?1";

    public const string ForgetApprovals =
        "DELETE FROM approvals WHERE id IN (SELECT id FROM approvals WHERE forget_time <= ?1 ORDER BY forget_time LIMIT 100)";

    public const string OpenReview = "INSERT INTO reviews (id, review, create_time) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";

    public const string FindReview = "SELECT review, create_time FROM reviews WHERE id = ?1";

    public const string Reviews = "SELECT review, create_time FROM reviews ORDER BY create_time, id LIMIT ?1";

    public const string CloseReview = "DELETE FROM reviews WHERE id = ?1";

    public const string CountReviews = "SELECT count(*) FROM reviews";
}
