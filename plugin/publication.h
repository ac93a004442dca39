/*-------------------------------------------------------------------------
 *
 * publication.h
 *	  What a publication sends of a relation: an existing one with
 *	  publication.autocreate.mode=disabled (or no_tables), else the one that
 *	  Debezium would have made.
 *
 * Source of the rules: get_rel_sync_entry() and pgoutput_row_filter() in
 * PostgreSQL's pgoutput.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PUBLICATION_H
#define PUBLICATION_H

#include "postgres.h"
#include "access/htup.h"
#include "nodes/bitmapset.h"
#include "utils/rel.h"

#include "plugin_options.h"

typedef struct PublicationDecision
{
	uint32 operations;	/* SKIP_* bits of what is sent; 0: nothing */
	Oid publish_as;		/* the relation itself, or the partitioned table it is published as */
	Bitmapset *columns; /* attribute numbers of publish_as; NULL: all */
	char *row_filter;	/* node text of the WHERE clause; NULL: none */
	const char *reason; /* why nothing is sent */
	bool missing;		/* there is no such publication */
} PublicationDecision;

/* Under the snapshot of the moment, in the current context; captured is what the lists say. Takes no lock on rel. */
extern PublicationDecision publication_decide(Relation rel, const PluginOptions *options, bool captured);

typedef struct RowFilter RowFilter;

/* A WHERE clause ready to run on rows of rel's type; in context. */
extern RowFilter *row_filter_new(MemoryContext context, Relation rel, const char *node_text);

/* Frees what the context does not. */
extern void row_filter_free(RowFilter *filter);

/*
 * Does the row pass?  What it has of unchanged TOAST values is taken from the
 * old row (NULL: none), as the table may be gone by now.
 */
extern bool row_filter_matches(RowFilter *filter, HeapTuple row, HeapTuple old);

#endif /* PUBLICATION_H */
