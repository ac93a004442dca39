/*
 * test_config_provider.c
 *	  Placeholders in values, and what the log no longer shows.
 */
#include "unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_provider.h"

static Error error;

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	unit_ok(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0, "wrote %s", path);
}

/* The value afterwards, in memory that the next call uses again; NULL: refused. */
static const char *
resolved(const char *name, const char *value, const char *const *more)
{
	static char buffer[256];
	Logger *log = log_new(LOG_TEXT, LOG_ERROR);
	Config *config = config_new();
	bool done;

	for (; more != NULL && *more != NULL; more += 2)
		config_set(config, more[0], more[1], CONFIG_SOURCE_WORKER);
	config_set(config, name, value, "test");
	done = config_provider_resolve(config, log, &error);
	snprintf(buffer, sizeof(buffer), "%s", config_family_text(config, name));
	config_free(config);
	log_free(log);
	return done ? buffer : NULL;
}

static void
refuses(const char *value, const char *const *more, const char *words)
{
	error = (Error){0};
	unit_ok(resolved("database.password", value, more) == NULL && error.kind == ERROR_CONFIG, "refused: %s", value);
	unit_contains(error.message, words, "words for %s", value);
	unit_contains(error.message, "database.password", "the option for %s", value);
}

static void
test_values(void)
{
	unit_is_str(resolved("database.password", "${file:secrets.properties:db.password}", NULL), "pa=ss}w",
				"a key of a file");
	unit_is_str(resolved("database.password", "${env:W2D_TEST_SECRET}", NULL), "from env", "an environment variable");
	unit_is_str(resolved("database.password", "${dir:secrets.d:password}", NULL), "whole file\n", "a file of a folder");
	unit_is_str(resolved("x", "user=\"${file:secrets.properties:user}\" pw=\"${env:W2D_TEST_SECRET}\";", NULL),
				"user=\"me\" pw=\"from env\";", "several in one value");
	unit_is_str(resolved("x", "${file:secrets.properties:nested}", NULL), "${env:HOME}", "a value is not looked into");
	unit_is_str(resolved("x", "${routedByValue} $1 ${", NULL), "${routedByValue} $1 ${", "what is no placeholder");
	unit_is_str(resolved("x", "${file:secrets.properties:a:b}", NULL), "colon", "a colon in the key");
}

static void
test_providers(void)
{
	static const char *const named[] = {"config.providers", "vault", "config.providers.vault.class",
										"org.apache.kafka.common.config.provider.FileConfigProvider", NULL};
	static const char *const foreign[] = {"config.providers.file.class", "com.example.Vault", NULL};
	static const char *const bounded[] = {"config.providers.env.param.allowlist.pattern", "W2D_OTHER.*",
										  "config.providers.file.param.allowed.paths", "/usr,/nowhere", NULL};
	static const char *const allowed[] = {"config.providers.env.param.allowlist.pattern", "W2D_T.*",
										  "config.providers.file.param.allowed.paths", "/usr, .", NULL};

	unit_is_str(resolved("x", "${vault:secrets.properties:user}", named), "me", "a name of the worker's own");
	refuses("${vault:a:b}", NULL, "\"vault\"");
	refuses("${file:secrets.properties:user}", foreign, "com.example.Vault");
	refuses("${env:W2D_TEST_SECRET}", bounded, "allowlist.pattern");
	refuses("${file:secrets.properties:user}", bounded, "allowed.paths");
	unit_is_str(resolved("x", "${env:W2D_TEST_SECRET}", allowed), "from env", "an allowed name");
	unit_is_str(resolved("x", "${file:secrets.properties:user}", allowed), "me", "an allowed path");
}

static void
test_refusals(void)
{
	refuses("${file:secrets.properties:missing}", NULL, "no such key");
	refuses("${file:user}", NULL, "PATH");
	refuses("${env:W2D_TEST_NOT_THERE}", NULL, "W2D_TEST_NOT_THERE");
	refuses("${env:/path:W2D_TEST_SECRET}", NULL, "without a path");
	refuses("${dir:secrets.d:../secrets.properties}", NULL, "no name of a file");
	refuses("${dir:password}", NULL, "PATH");
	unit_ok(resolved("x", "${dir:secrets.d:other}", NULL) == NULL, "no such file");
	unit_contains(error.message, "secrets.d/other", "it is named");
	unit_ok(resolved("x", "${file:nowhere.properties:user}", NULL) == NULL, "no such properties");
	unit_contains(error.message, "nowhere.properties", "it is named, too");
}

static void
test_hiding(void)
{
	Logger *log = log_new(LOG_TEXT, LOG_ERROR);
	Config *config = config_new();
	char text[256] = "hunter22 postgres s3cr3t-salt hunter2 env: from env, k";

	config_set(config, "database.password", "hunter2", "test");
	config_set(config, "database.user", "postgres", "test");
	config_set(config, "producer.sasl.password", "postgres", "test");
	config_set(config, "column.mask.hash.v2.SHA-256.with.salt.s3cr3t-salt", "public.t.c", "test");
	config_set(config, "producer.ssl.key.password", "k", "test");
	config_set(config, "x", "${env:W2D_TEST_SECRET}", "test");
	config_set_conninfo(config, "host=h password=in-conninfo");
	unit_ok(config_provider_resolve(config, log, &error), "resolved: %s", error.message);
	config_provider_hide_secrets(config, log);
	log_mask(log, text);
	unit_is_str(text, "*******2 postgres ******** ******* env: ********, k", "masked");
	snprintf(text, sizeof(text), "in-conninfo, public.t.c");
	log_mask(log, text);
	unit_is_str(text, "********, public.t.c", "of a connection string");
	log_mask(NULL, text);
	config_free(config);
	log_free(log);
}

int
main(void)
{
	char folder[] = "/tmp/w2d_provider_XXXXXX";

	unit_ok(mkdtemp(folder) != NULL && chdir(folder) == 0, "a folder");
	unit_ok(mkdir("secrets.d", 0700) == 0, "and one in it");
	write_file("secrets.properties", "# comment\nuser = me\ndb.password=pa=ss}w\nnested=${env:HOME}\na\\:b=colon\n");
	write_file("secrets.d/password", "whole file\n");
	setenv("W2D_TEST_SECRET", "from env", 1);
	test_values();
	test_providers();
	test_refusals();
	test_hiding();
	unit_ok(unlink("secrets.d/password") == 0 && rmdir("secrets.d") == 0 && unlink("secrets.properties") == 0 &&
				chdir("/") == 0 && rmdir(folder) == 0,
			"tidied up");
	return unit_done();
}
