/*
 * jaas.h
 *	  The login module of sasl.jaas.config, one line of Java's login
 *	  configuration (javax.security.auth.login.Configuration).
 */
#ifndef JAAS_H
#define JAAS_H

/*
 * The class of the module, and the value of one of its options.  The caller
 * frees; NULL: malformed, or not there.
 */
extern char *jaas_module(const char *jaas);
extern char *jaas_option(const char *jaas, const char *option);

#endif
