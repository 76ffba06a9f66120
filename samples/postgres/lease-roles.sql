-- Functions that make, change and drop the roles of leases, for a broker's account at PostgreSQL 16 or later that is no
-- superuser. There the server makes an account a member of each role that it makes, and goes through all of them before
-- each change of one; a superuser it spares that. What such a function does costs the same however many roles live.
--
-- They run with a superuser's rights, for one account, which is written into them:
--
--   psql -v ON_ERROR_STOP=1 -v account=secrets_broker -d orders -f lease-roles.sql
--
-- That account can have them
--   - make roles with names of leases' roles, in groups that it could make others members of itself,
--   - change and drop such roles if it, or an account whose rights it has, made them or administers them.
-- A role that has rights of its own is left alone, and no group is passed on that is a superuser or a member of one.
--
-- For a new version, or another account, drop what is there first: DROP SCHEMA secrets_broker CASCADE.

BEGIN;

-- Nothing of a database owner's making is found in place of the server's while this runs.
SET LOCAL search_path = pg_catalog, pg_temp;

DO $do$ BEGIN
    IF current_setting('server_version_num')::int < 160000 THEN
        RAISE EXCEPTION 'before PostgreSQL 16 they are of no use';
    END IF;
    IF current_setting('is_superuser') = 'off' THEN
        RAISE EXCEPTION 'a superuser has to make them: what another makes costs as much as before';
    END IF;
END $do$;

-- Fails where there is one: it could be somebody else's, or hold something of theirs.
CREATE SCHEMA secrets_broker;

CREATE FUNCTION secrets_broker.account() RETURNS name LANGUAGE sql IMMUTABLE RETURN :'account'::name;

-- The account, in a session of its own. Where its code runs in somebody else's (as that of an index does when the server
-- vacuums a table), session_user is that other, a superuser perhaps. In any other isolation the checks below would read an
-- old state, and what follows them change the newest. A standby does not know of all roles that live.
CREATE FUNCTION secrets_broker.require_account() RETURNS oid
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    account oid := (
        SELECT oid FROM pg_authid
        WHERE rolname = session_user AND rolname = secrets_broker.account() AND rolcreaterole AND NOT rolsuper);
BEGIN
    IF account IS NULL THEN
        RAISE insufficient_privilege USING MESSAGE = 'for the broker''s account only, with CREATEROLE and no superuser';
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE insufficient_privilege USING MESSAGE = 'in READ COMMITTED only';
    END IF;
    IF pg_is_in_recovery() THEN
        RAISE read_only_sql_transaction USING MESSAGE = 'not at a standby';
    END IF;
    RETURN account;
END
$function$;

-- Whether the account may make others members of the role: it, or a role whose rights it has, is one WITH ADMIN OPTION.
-- The account itself is asked for first, which takes no time however many members there are.
CREATE FUNCTION secrets_broker.administers(account oid, role oid) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    IF EXISTS (SELECT FROM pg_auth_members WHERE roleid = role AND member = account AND admin_option) THEN
        RETURN true;
    END IF;
    RETURN EXISTS (SELECT FROM pg_auth_members WHERE roleid = role AND admin_option AND pg_has_role(account, member, 'USAGE'));
END
$function$;

CREATE FUNCTION secrets_broker.require_lease_name(role text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    IF role IS NULL OR role !~ '^sb_[0-9a-f]{2}[0-9a-v]{24}$' COLLATE "C" THEN
        RAISE insufficient_privilege USING MESSAGE = 'not the name of a role of a lease';
    END IF;
END
$function$;

-- Fails for a role that is not a lease's of this account. Holds its row, so that until the transaction ends nobody drops
-- or renames it. The role itself may hold it meanwhile, by a change of its password: that keeps nobody from joining it.
CREATE FUNCTION secrets_broker.require_lease_role(role text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    account oid := secrets_broker.require_account();
    held pg_authid;
    maker oid;
BEGIN
    PERFORM secrets_broker.require_lease_name(role);
    SELECT * INTO held FROM pg_authid WHERE rolname = role FOR KEY SHARE;
    IF held.oid IS NULL THEN
        RAISE undefined_object USING MESSAGE = 'there is no such role';
    END IF;
    IF held.rolsuper OR held.rolcreaterole OR held.rolcreatedb OR held.rolreplication OR held.rolbypassrls THEN
        RAISE insufficient_privilege USING MESSAGE = 'a role of a lease has no such rights';
    END IF;
    -- Only who administers the role, or a superuser, can have written it.
    maker := substring(shobj_description(held.oid, 'pg_authid') FROM '^secrets-broker account ([0-9]+)$');
    IF maker IS NOT NULL AND pg_has_role(account, maker, 'USAGE') THEN
        RETURN;
    END IF;
    IF NOT secrets_broker.administers(account, held.oid) THEN
        RAISE insufficient_privilege USING MESSAGE = 'a role of another account''s lease';
    END IF;
END
$function$;

-- The group that the role came into is looked at behind the change, which a refusal undoes: whoever takes the account's
-- right to it, or renames it, while its lock is waited for is heard.
CREATE FUNCTION secrets_broker.create_lease_role(
    role text, member_of text, verifier text, expire_time timestamptz, connection_limit int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO' SET timezone = 'UTC' AS $function$
DECLARE
    account oid := secrets_broker.require_account();
    parent oid;
BEGIN
    PERFORM secrets_broker.require_lease_name(role);
    EXECUTE format(
        'CREATE ROLE %I LOGIN INHERIT CONNECTION LIMIT %s VALID UNTIL %L PASSWORD %L IN ROLE %I',
        role, connection_limit, expire_time, verifier, member_of);
    EXECUTE format('COMMENT ON ROLE %I IS %L', role, 'secrets-broker account ' || account);
    parent := (SELECT roleid FROM pg_auth_members WHERE member = (SELECT oid FROM pg_authid WHERE rolname = role));
    IF parent IS NULL OR NOT secrets_broker.administers(account, parent) THEN
        RAISE insufficient_privilege USING MESSAGE = 'the account may not make others members of the group role';
    END IF;
    IF EXISTS (
        WITH RECURSIVE passed_on (oid) AS (
            SELECT parent UNION SELECT m.roleid FROM pg_auth_members m JOIN passed_on p ON m.member = p.oid)
        SELECT FROM passed_on p WHERE (SELECT rolsuper FROM pg_authid a WHERE a.oid = p.oid)) THEN
        RAISE insufficient_privilege USING MESSAGE = 'the group role is a superuser, or a member of one';
    END IF;
END
$function$;

-- What the sessions of a lease begin with: statement_timeout, and of what has a dot in its name that which the account
-- may set (GRANT SET ON PARAMETER).
CREATE FUNCTION secrets_broker.set_for_lease_role(role text, setting text, value text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    PERFORM secrets_broker.require_lease_role(role);
    IF setting IS NULL OR setting <> 'statement_timeout' AND (
        setting !~ '^[a-z_][a-z0-9_]*([.][a-z_][a-z0-9_]*)+$' COLLATE "C"
        OR NOT has_parameter_privilege(session_user, setting, 'SET')) THEN
        RAISE insufficient_privilege USING MESSAGE = 'the account may not set this';
    END IF;
    EXECUTE format(
        'ALTER ROLE %I SET %s = %L',
        role, (SELECT string_agg(quote_ident(part), '.') FROM unnest(string_to_array(setting, '.')) AS part), value);
END
$function$;

-- Later, never earlier.
CREATE FUNCTION secrets_broker.extend_lease_role(role text, expire_time timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO' SET timezone = 'UTC' AS $function$
BEGIN
    PERFORM secrets_broker.require_lease_role(role);
    IF NOT EXISTS (SELECT FROM pg_authid WHERE rolname = role AND rolvaliduntil >= expire_time) THEN
        EXECUTE format('ALTER ROLE %I VALID UNTIL %L', role, expire_time);
    END IF;
END
$function$;

-- Passes over those that do not exist.
CREATE FUNCTION secrets_broker.forbid_lease_logins(roles text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    role text;
BEGIN
    PERFORM secrets_broker.require_account();
    FOREACH role IN ARRAY roles LOOP
        PERFORM secrets_broker.require_lease_name(role);
        IF EXISTS (SELECT FROM pg_authid WHERE rolname = role) THEN
            PERFORM secrets_broker.require_lease_role(role);
            EXECUTE format('ALTER ROLE %I NOLOGIN', role);
        END IF;
    END LOOP;
END
$function$;

-- Makes the account a member: only members end a role's sessions and remove what it owns.
CREATE FUNCTION secrets_broker.join_lease_role(role text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    PERFORM secrets_broker.require_lease_role(role);
    EXECUTE format('GRANT %I TO %I', role, session_user);
END
$function$;

-- All of them or none: one that does not exist, or owns something, fails it.
CREATE FUNCTION secrets_broker.drop_lease_roles(roles text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY roles LOOP
        PERFORM secrets_broker.require_lease_role(role);
        EXECUTE format('DROP ROLE %I', role);
    END LOOP;
END
$function$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA secrets_broker FROM PUBLIC;
GRANT USAGE ON SCHEMA secrets_broker TO :"account";
GRANT EXECUTE ON FUNCTION
    secrets_broker.create_lease_role, secrets_broker.set_for_lease_role, secrets_broker.extend_lease_role,
    secrets_broker.forbid_lease_logins, secrets_broker.join_lease_role, secrets_broker.drop_lease_roles
TO :"account";

DO $do$ BEGIN
    IF EXISTS (
        SELECT FROM (
            SELECT nspowner AS owner, nspacl AS acl FROM pg_namespace WHERE nspname = 'secrets_broker'
            UNION ALL
            SELECT proowner, proacl FROM pg_proc WHERE pronamespace = 'secrets_broker'::regnamespace) AS made,
            aclexplode(made.acl) AS given
        WHERE given.grantee <> made.owner
        AND (given.grantee IS DISTINCT FROM (SELECT oid FROM pg_authid WHERE rolname = secrets_broker.account())
            OR given.privilege_type NOT IN ('USAGE', 'EXECUTE') OR given.is_grantable)) THEN
        RAISE EXCEPTION 'default privileges (ALTER DEFAULT PRIVILEGES) give others rights to new schemas or functions: take them away first';
    END IF;
END $do$;

COMMIT;
