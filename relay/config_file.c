/*
 * config_file.c
 *	  Files to properties.
 */
#include "config_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_tree.h>

#include "memory.h"

#define FILE_LIMIT (4 * 1024 * 1024)

bool
config_file_read(const char *path, Buffer *buffer, Error *error)
{
	FILE *file = fopen(path, "rb");
	size_t got = 1;

	if (file == NULL)
		return error_set(error, ERROR_CONFIG, "could not open file \"%s\": %s", path, strerror(errno));
	errno = 0;
	while (got > 0 && buffer->size <= FILE_LIMIT)
	{
		got = fread(buffer_reserve(buffer, 65536), 1, 65536, file);
		buffer->size += got;
	}
	if (ferror(file))
	{
		error_set(error, ERROR_CONFIG, "could not read file \"%s\": %s", path, strerror(errno));
		fclose(file);
		return false;
	}
	fclose(file);
	if (buffer->size > FILE_LIMIT)
		return error_set(error, ERROR_CONFIG, "file \"%s\" is larger than %d bytes", path, FILE_LIMIT);
	return true;
}

/* JSON */

/* A key given twice is a mistake; which of the two was meant, nobody knows. */
static bool
check_repeats(yajl_val object, const char *source, Error *error)
{
	for (size_t i = 0; i < object->u.object.len; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(object->u.object.keys[i], object->u.object.keys[j]) == 0)
			{
				error_set(error, ERROR_CONFIG, "option \"%s\" is given twice in %s", object->u.object.keys[i], source);
				error_hint(error, "remove one of them");
				return false;
			}
	return true;
}

static const char *
kind_of(yajl_val value)
{
	if (YAJL_IS_OBJECT(value))
		return "an object";
	return YAJL_IS_ARRAY(value) ? "an array" : "null";
}

static bool
set_value(Config *config, const char *name, yajl_val value, const char *source, Error *error)
{
	const char *text = NULL;

	if (YAJL_IS_STRING(value))
		text = YAJL_GET_STRING(value);
	else if (YAJL_IS_NUMBER(value))
		text = YAJL_GET_NUMBER(value);
	else if (YAJL_IS_TRUE(value))
		text = "true";
	else if (YAJL_IS_FALSE(value))
		text = "false";
	if (text == NULL)
	{
		error_set(error, ERROR_CONFIG, "value of option \"%s\" in %s is %s", name, source, kind_of(value));
		error_hint(error, "write a string, a number, true or false; lists are comma-separated strings");
		return false;
	}
	config_set(config, name, text, source);
	return true;
}

static bool
set_all(Config *config, yajl_val object, const char *source, Error *error)
{
	if (!check_repeats(object, source, error))
		return false;
	for (size_t i = 0; i < object->u.object.len; i++)
		if (!set_value(config, object->u.object.keys[i], object->u.object.values[i], source, error))
			return false;
	return true;
}

/*
 * {"name": ..., "config": {...}}, with what Connect's REST interface adds when
 * it is asked (tasks, type), or takes beside it (initial_state).
 */
static bool
set_wrapped(Config *config, yajl_val root, yajl_val inner, const char *source, Error *error)
{
	if (!check_repeats(root, source, error))
		return false;
	for (size_t i = 0; i < root->u.object.len; i++)
	{
		const char *name = root->u.object.keys[i];

		if (strcmp(name, "config") == 0 || strcmp(name, "tasks") == 0 || strcmp(name, "type") == 0 ||
			strcmp(name, "initial_state") == 0)
			continue;
		if (strcmp(name, "name") != 0)
		{
			error_set(error, ERROR_CONFIG, "unrecognized key \"%s\" beside \"config\" in %s", name, source);
			error_hint(error, "put options into the object \"config\"");
			return false;
		}
		if (!set_value(config, name, root->u.object.values[i], source, error))
			return false;
	}
	return set_all(config, inner, source, error);
}

static bool
set_from_tree(Config *config, yajl_val root, const char *source, Error *error)
{
	static const char *const config_path[] = {"config", NULL};
	yajl_val inner;

	if (!YAJL_IS_OBJECT(root))
		return error_set(error, ERROR_CONFIG, "%s is not a JSON object", source);
	inner = yajl_tree_get(root, (const char **) config_path, yajl_t_object);
	if (inner != NULL)
		return set_wrapped(config, root, inner, source, error);
	return set_all(config, root, source, error);
}

bool
config_file_parse_json(Config *config, const char *text, size_t size, const char *source, Error *error)
{
	char *copy = bytes_copy_text(text, size);
	char reason[256] = "";
	yajl_val root = NULL;
	bool done;

	if (memchr(text, '\0', size) == NULL)
		root = yajl_tree_parse(copy, reason, sizeof(reason));
	if (root != NULL)
		done = set_from_tree(config, root, source, error);
	else
	{
		/* only the first line: the next ones quote the text, which may hold a password */
		reason[strcspn(reason, "\n")] = '\0';
		done = error_set(error, ERROR_CONFIG, "could not parse %s as JSON: %s", source,
						 *reason != '\0' ? reason : "it is empty");
	}
	yajl_tree_free(root);
	free(copy);
	return done;
}

bool
config_file_read_json(Config *config, const char *path, Error *error)
{
	Buffer buffer = {NULL, 0, 0};
	bool done = config_file_read(path, &buffer, error) &&
				config_file_parse_json(config, buffer.data != NULL ? buffer.data : "", buffer.size, path, error);

	buffer_free(&buffer);
	return done;
}

/* Properties */

typedef struct Reader
{
	const unsigned char *at;
	const unsigned char *end;
	const char *path;
	int line;
	Error *error;
} Reader;

static void
append_code_point(Buffer *out, unsigned int code)
{
	unsigned char utf8[4];
	size_t size;

	if (code < 0x80)
	{
		utf8[0] = (unsigned char) code;
		size = 1;
	}
	else if (code < 0x800)
	{
		utf8[0] = (unsigned char) (0xC0 | code >> 6);
		utf8[1] = (unsigned char) (0x80 | (code & 0x3F));
		size = 2;
	}
	else if (code < 0x10000)
	{
		utf8[0] = (unsigned char) (0xE0 | code >> 12);
		utf8[1] = (unsigned char) (0x80 | (code >> 6 & 0x3F));
		utf8[2] = (unsigned char) (0x80 | (code & 0x3F));
		size = 3;
	}
	else
	{
		utf8[0] = (unsigned char) (0xF0 | code >> 18);
		utf8[1] = (unsigned char) (0x80 | (code >> 12 & 0x3F));
		utf8[2] = (unsigned char) (0x80 | (code >> 6 & 0x3F));
		utf8[3] = (unsigned char) (0x80 | (code & 0x3F));
		size = 4;
	}
	buffer_append(out, utf8, size);
}

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\f';
}

static bool
is_line_end(unsigned char c)
{
	return c == '\n' || c == '\r';
}

static void
skip_blanks(Reader *reader)
{
	while (reader->at < reader->end && is_blank(*reader->at))
		reader->at++;
}

static void
skip_line_end(Reader *reader)
{
	if (reader->at < reader->end && *reader->at == '\r')
		reader->at++;
	if (reader->at < reader->end && *reader->at == '\n')
		reader->at++;
	reader->line++;
}

static bool
read_hex(Reader *reader, unsigned int *code)
{
	char digits[5] = "";

	if (reader->end - reader->at < 4)
		return false;
	memcpy(digits, reader->at, 4);
	if (strspn(digits, "0123456789abcdefABCDEF") != 4)
		return false;
	*code = (unsigned int) strtoul(digits, NULL, 16);
	reader->at += 4;
	return true;
}

static bool
bad_escape(const Reader *reader)
{
	return error_set(reader->error, ERROR_CONFIG, "malformed \\uXXXX escape in line %d of \"%s\"", reader->line,
					 reader->path);
}

/* After "\u": a UTF-16 unit, and the second one of a pair. NUL has no place in our strings. */
static bool
read_unicode(Reader *reader, Buffer *out)
{
	unsigned int code;
	unsigned int low;

	if (!read_hex(reader, &code) || code == 0 || (code >= 0xDC00 && code < 0xE000))
		return bad_escape(reader);
	if (code >= 0xD800 && code < 0xDC00)
	{
		if (reader->end - reader->at < 6 || reader->at[0] != '\\' || reader->at[1] != 'u')
			return bad_escape(reader);
		reader->at += 2;
		if (!read_hex(reader, &low) || low < 0xDC00 || low > 0xDFFF)
			return bad_escape(reader);
		code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
	}
	append_code_point(out, code);
	return true;
}

/* After a backslash. A line end continues the line, without the blanks that begin the next. */
static bool
read_escape(Reader *reader, Buffer *out)
{
	static const char letters[] = "tnrf";
	static const char meanings[] = "\t\n\r\f";
	const char *letter;

	if (reader->at == reader->end)
		return true;
	if (is_line_end(*reader->at))
	{
		skip_line_end(reader);
		skip_blanks(reader);
		return true;
	}
	letter = *reader->at != '\0' ? strchr(letters, *reader->at) : NULL;
	if (*reader->at == 'u')
	{
		reader->at++;
		return read_unicode(reader, out);
	}
	append_code_point(out, letter != NULL ? (unsigned char) meanings[letter - letters] : *reader->at);
	reader->at++;
	return true;
}

/* A key (ends at a separator) or a value (ends with the line). */
static bool
read_part(Reader *reader, bool key, Buffer *out)
{
	while (reader->at < reader->end && !is_line_end(*reader->at))
	{
		unsigned char c = *reader->at;

		if (key && (c == '=' || c == ':' || is_blank(c)))
			break;
		if (c == '\0')
			return error_set(reader->error, ERROR_CONFIG, "NUL byte in line %d of \"%s\"", reader->line, reader->path);
		reader->at++;
		if (c != '\\')
			append_code_point(out, c); /* the file is Latin-1, as Java reads it */
		else if (!read_escape(reader, out))
			return false;
	}
	buffer_append(out, "", 1);
	return true;
}

/* Blanks, at most one '=' or ':', blanks. */
static void
skip_separator(Reader *reader)
{
	skip_blanks(reader);
	if (reader->at < reader->end && (*reader->at == '=' || *reader->at == ':'))
		reader->at++;
	skip_blanks(reader);
}

static bool
already_given(const Config *config, const char *name)
{
	size_t at = 0;
	const ConfigSetting *setting;

	while ((setting = config_next(config, name, &at)) != NULL)
		if (strcmp(setting->name, name) == 0 && strcmp(setting->source, CONFIG_SOURCE_WORKER) == 0)
			return true;
	return false;
}

static bool
read_property(Config *config, Reader *reader)
{
	Buffer name = {NULL, 0, 0};
	Buffer value = {NULL, 0, 0};
	int line = reader->line;
	bool done = read_part(reader, true, &name);

	if (done)
	{
		skip_separator(reader);
		done = read_part(reader, false, &value);
	}
	if (done && already_given(config, name.data))
	{
		done = error_set(reader->error, ERROR_CONFIG, "option \"%s\" is given twice in \"%s\", line %d", name.data,
						 reader->path, line);
		error_hint(reader->error, "remove one of them");
	}
	if (done)
		config_set(config, name.data, value.data, CONFIG_SOURCE_WORKER);
	buffer_free(&name);
	buffer_free(&value);
	return done;
}

static void
skip_comment(Reader *reader)
{
	while (reader->at < reader->end && !is_line_end(*reader->at))
		reader->at++;
}

bool
config_file_parse_properties(Config *config, const char *text, size_t size, const char *path, Error *error)
{
	Reader reader = {(const unsigned char *) text, (const unsigned char *) text + size, path, 1, error};

	while (reader.at < reader.end)
	{
		skip_blanks(&reader);
		if (reader.at == reader.end)
			break;
		if (is_line_end(*reader.at))
			skip_line_end(&reader);
		else if (*reader.at == '#' || *reader.at == '!')
			skip_comment(&reader);
		else if (!read_property(config, &reader))
			return false;
	}
	return true;
}

bool
config_file_read_properties(Config *config, const char *path, Error *error)
{
	Buffer buffer = {NULL, 0, 0};
	bool done = config_file_read(path, &buffer, error) &&
				config_file_parse_properties(config, buffer.data != NULL ? buffer.data : "", buffer.size, path, error);

	buffer_free(&buffer);
	return done;
}
